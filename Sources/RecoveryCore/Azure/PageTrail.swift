/// Follows a list from page to page, and tells a chain that never ends from a long one.
///
/// A `nextLink` is used as it came (Azure Resource Manager RPC contract, "Paging"); a page without rows may have one.
/// Who answers in Azure's place may go on for ever, or in a circle: that ends in a fault after bounded work.
public struct PageTrail: Sendable {
  /// A vault has at most thousands of items.
  public static let mostPages = 2_000
  /// Pages without a row, one after another.
  public static let mostEmptyPages = 20

  private let list: String
  private var links: Set<Int> = []
  private var pages = 0
  private var emptyPages = 0

  /// - Parameter list: what is listed, for messages.
  public init(_ list: String) { self.list = list }

  /// Takes note of a page that was read, and of where it leads.
  public mutating func step(rows: Int, next: String?) throws(Fault) {
    pages += 1
    emptyPages = rows == 0 ? emptyPages + 1 : 0
    guard let next else { return }
    // Links are kilobytes long: what is kept of each is its hash.
    guard links.insert(next.hashValue).inserted else { throw endless("its pages lead in a circle") }
    guard pages < PageTrail.mostPages else { throw endless("it has more than \(PageTrail.mostPages) pages") }
    guard emptyPages < PageTrail.mostEmptyPages else { throw endless("page after page of it is empty") }
  }

  private func endless(_ why: String) -> Fault {
    Fault(.unintelligible, code: "EndlessPages", message: "the list never ends: \(why)", resource: list)
  }
}

/// The pages of a vault's item list, one after another.
public struct ItemPages: Sendable {
  private let cloud: any Cloud
  private let vault: ResourceID
  private var trail: PageTrail
  private var link: String?
  private var isOver = false

  init(_ cloud: any Cloud, _ vault: ResourceID) {
    self.cloud = cloud
    self.vault = vault
    trail = PageTrail(vault.text)
  }

  /// Where the next page is: the key of what is known of it.
  public var place: String { link ?? "" }

  /// Nil after the last page.
  /// - Parameter known: pages by their places, that need not be read when they are as they were.
  public mutating func next(unless known: [String: KnownPage] = [:]) async throws(Fault) -> ItemPage? {
    guard !isOver else { return nil }
    let page = try await cloud.protectedItems(in: vault, page: link, unless: known[place])
    try trail.step(rows: page.known?.keys.count ?? (page.items.count + page.unreadable.count), next: page.next)
    link = page.next
    isOver = link == nil
    return page
  }
}

extension Cloud {
  public func itemPages(of vault: ResourceID) -> ItemPages { ItemPages(self, vault) }
}
