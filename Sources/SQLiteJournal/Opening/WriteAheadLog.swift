import FoundationEssentials
import RecoveryCore

/// The write-ahead log beside a journal that was not closed: `journal.sqlite-wal`.
///
/// SQLite takes its frames up to the first one whose checksum is wrong and forgets the rest without a word. After a
/// power cut that is right: the last transaction may be torn, and nobody was told that it was written. With more than
/// one commit behind the wrong frame it is damage, and transactions that were acknowledged would be lost.
///
/// What no file can tell: a log that was cut off, and damage within its last transaction, look like one that ended there.
/// (The format: https://sqlite.org/fileformat2.html#the_write_ahead_log)
struct WriteAheadLog {
  private static let headerSize = 32
  private static let frameHeaderSize = 24

  private let bytes: [UInt8]

  /// Throws when the log beside `path` lost more than its last transaction. Nobody may be writing meanwhile.
  static func check(beside path: String) throws(DamagedFile) {
    guard let bytes = try? Data(contentsOf: URL(filePath: path + "-wal")) else { return }
    guard let finding = WriteAheadLog(bytes: Array(bytes)).finding else { return }
    throw DamagedFile(finding: "in the log beside it, -wal, \(finding)")
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// What is wrong; nil when SQLite will find all that it ever acknowledged, as far as can be known.
  var finding: String? {
    guard bytes.count > WriteAheadLog.headerSize else { return nil }
    // The header is on the disk before the first frame is written.
    let sums = checksum(0..<24, after: (0, 0))
    guard isKnown, sums == (word(24), word(28)) else { return "the header is not valid" }
    let stride = WriteAheadLog.frameHeaderSize + pageSize
    var before = sums
    var lost: Int?
    var commits = 0
    let starts = Swift.stride(from: WriteAheadLog.headerSize, through: bytes.count - stride, by: stride)
    for (index, start) in starts.enumerated() {
      let isOurs = word(start + 8) == word(16) && word(start + 12) == word(20)
      if lost == nil {
        let upToPage = checksum(start..<start + 8, after: before)
        before = checksum(start + WriteAheadLog.frameHeaderSize..<start + stride, after: upToPage)
        if isOurs, before == (word(start + 16), word(start + 20)) { continue }
        lost = index + 1
      }
      // A frame of an earlier use of the file has another salt. The last of a transaction names the database's size.
      if isOurs, word(start + 4) != 0 { commits += 1 }
    }
    guard let lost, commits > 1 else { return nil }
    return "frame \(lost) is not as it was written, and \(commits) transactions from there on would be lost"
  }

  private var isKnown: Bool {
    word(0) & 0xFFFF_FFFE == 0x377F_0682 && pageSize >= 512 && pageSize & (pageSize - 1) == 0
  }

  private var pageSize: Int { Int(word(8)) }

  /// Big-endian.
  private func word(_ offset: Int) -> UInt32 {
    UInt32(bytes[offset]) << 24 | UInt32(bytes[offset + 1]) << 16 | UInt32(bytes[offset + 2]) << 8
      | UInt32(bytes[offset + 3])
  }

  /// The last bit of the magic number says how the words of a checksum are read.
  private func checksum(_ range: Range<Int>, after: (UInt32, UInt32)) -> (UInt32, UInt32) {
    let isBigEndian = word(0) & 1 == 1
    var (first, second) = after
    for offset in Swift.stride(from: range.lowerBound, to: range.upperBound, by: 8) {
      let (left, right) = (word(offset), word(offset + 4))
      first = first &+ (isBigEndian ? left : left.byteSwapped) &+ second
      second = second &+ (isBigEndian ? right : right.byteSwapped) &+ first
    }
    return (first, second)
  }
}
