package import RecoveryCore

/// The pages of a vault's list that showed nothing new in the last sweep. The same bytes show nothing new in this one
/// either, as long as no item is known otherwise than then: such a page costs a hash of its bytes.
///
/// Only pages that ARM renders alike are spared; one of an item whose RPO is told anew is read.
package struct KnownPages: Sendable {
  /// By their places: what this sweep may spare itself.
  package private(set) var known: [String: KnownPage] = [:]
  private var revision: Int?
  private var noted: [String: KnownPage] = [:]

  package init() {}

  /// Begins a sweep.
  /// - Parameter revision: of the fleet.
  package mutating func begin(with revision: Int) {
    known = self.revision == revision ? noted : [:]
    self.revision = revision
    noted = [:]
  }

  /// Takes note of a page that showed nothing new, or was not read again.
  package mutating func keep(_ page: ItemPage, at place: String, keys: [ItemKey]) {
    guard let digest = page.digest else { return }
    noted[place] = page.known ?? KnownPage(digest: digest, keys: keys, next: page.next)
  }
}
