import AftercareTesting
import Logging
import RecoveryCore
import Testing

@testable import WatchEngine

@Suite("What the journal refuses")
struct JournalVoiceTests {
  private let time = ManualTime()
  private let full = JournalError(.full, "no room at /var/lib/aftercare")

  @Test("is said once, each kind of it, for as long as it lasts")
  func once() {
    let lines = Lines()
    let voice = JournalVoice(Logger(label: "test") { _ in lines }, time: time)
    voice.failed("no change", full)
    voice.failed("no change", full)
    voice.failed("no order", full)
    voice.failed("no change", JournalError(.readOnly, "taken away"))
    #expect(
      lines.value == [
        "error no change: \(full.message)", "debug no change: \(full.message)", "error no order: \(full.message)",
        "error no change: taken away",
      ])
    #expect(voice.refusal == JournalRefusal(since: time.now, cause: full.message), "what was first")
  }

  @Test("is not over because something small was written, and is over when nothing has failed for a while")
  func over() {
    let lines = Lines()
    let voice = JournalVoice(Logger(label: "test") { _ in lines }, time: time)
    let began = time.now
    voice.worked()
    for _ in 0..<5 {
      voice.failed("no change", full)
      time.advance(by: .seconds(5))
      voice.worked()
      time.advance(by: .seconds(1))
    }
    #expect(voice.refusal?.since == began)
    time.advance(by: .seconds(10))
    #expect(voice.refusal != nil, "nobody has written anything")
    voice.worked()
    #expect(voice.refusal == nil)
    voice.failed("no change", full)
    #expect(
      lines.value.filter { !$0.hasPrefix("debug") } == [
        "error no change: \(full.message)", "notice the journal takes changes again: ",
        "error no change: \(full.message)",
      ])
  }
}
