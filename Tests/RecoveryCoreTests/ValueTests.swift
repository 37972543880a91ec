import AftercareTesting
import RecoveryCore
import Testing

@Suite("Values")
struct ValueTests {
  @Test(
    "every way in which Azure writes a time is read",
    arguments: [
      ("2026-02-03T10:14:42.6483072Z", "2026-02-03T10:14:42.648Z"),
      ("2024-07-01T23:11:22+00:00", "2024-07-01T23:11:22Z"),
      ("2024-07-01T23:11:22.5+02:30", "2024-07-01T20:41:22.500Z"),
      ("0001-01-01T00:00:00", "0001-01-01T00:00:00Z"),
      ("1753-01-01T01:01:01Z", "1753-01-01T01:01:01Z"),
      ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z"),
      ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
    ])
  func times(text: String, canonical: String) {
    #expect(Timestamp(iso8601: text)?.iso8601 == canonical)
  }

  @Test(
    "what is no time is none",
    arguments: [
      "", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-02-03T10:14:42ZZ", "9999-12-31T23:59:60Z",
      "0000-01-01T00:00:00+01:00",
    ])
  func noTimes(text: String) { #expect(Timestamp(iso8601: text) == nil) }

  @Test(
    "the stand-ins for 'none' are known",
    arguments: ["0001-01-01T00:00:00", "1753-01-01T01:01:01Z", "9999-12-31T23:59:59.9999999Z"])
  func sentinels(text: String) { #expect(Timestamp(iso8601: text)?.isSentinel == true) }

  @Test("resource ids are compared without case and keep their text")
  func resourceIDs() {
    let id = Samples.id("/Subscriptions/AB/resourcegroups/RG/providers/Microsoft.Compute/virtualMachines/Web-01/")
    #expect(id == Samples.id("/subscriptions/ab/resourceGroups/rg/providers/microsoft.compute/virtualmachines/web-01"))
    #expect(id.subscription == "AB")
    #expect(id.resourceGroup == "RG")
    #expect(id.name == "Web-01")
    #expect(id.isVirtualMachine)
    #expect(ResourceID("subscriptions/x") == nil)
    #expect(ResourceID("/subscriptions//x") == nil)
    #expect(ResourceID("/subscriptions/x?api-version=1") == nil)
  }

  @Test("a byte that has no place in a resource id is found wherever it stands, and a capital is none of its key's")
  func resourceIDBytes() {
    let name = "/resourceGroups/a.b_c-9/providers/x"
    for length in 1...name.utf8.count {
      let body = Array(name.utf8.prefix(length))
      for place in body.indices {
        for byte in UInt8.min...0x7F {
          var odd = body
          odd[place] = byte
          let text = String(decoding: Array("/subscriptions/1".utf8) + odd, as: UTF8.self)
          let isClean = byte > 0x20 && byte != 0x7F && !text.contains { "?#".contains($0) }
          // Slashes at the end are none of an id's.
          let isAnID =
            isClean
            && !text.drop { $0 == "/" }.reversed().drop { $0 == "/" }.split(
              separator: "/", omittingEmptySubsequences: false
            ).contains { $0.isEmpty }
          let id = ResourceID(text)
          guard (id != nil) == isAnID, id.map({ $0.key == $0.text.lowercased() }) ?? true else {
            Issue.record("'\(text)' is \(id.map { "an id, '\($0.key)'" } ?? "none")")
            return
          }
        }
      }
    }
    #expect(ResourceID("/subscriptions/1/resourceGroups/Ärger")?.key == "/subscriptions/1/resourcegroups/ärger")
  }

  @Test("an identity is only ever added to")
  func identity() {
    let one = Samples.id(
      "/subscriptions/1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one")
    let had = ManagedIdentity(hasSystemAssigned: false, userAssigned: [one])
    #expect(
      had.adding(ManagedIdentity(hasSystemAssigned: true, userAssigned: [])).type == "SystemAssigned, UserAssigned")
    #expect(had.adding(.none) == had)
  }

  @Test("a later profile overrides an earlier one, and circles end")
  func profiles() {
    let a = ExtensionKind(publisher: "P", type: "A")
    let b = ExtensionKind(publisher: "P", type: "B")
    let profiles = [
      Profile(
        name: "one", extensions: [ExtensionTemplate(DesiredExtension(name: "A", kind: a, version: "1.0", after: [b]))]),
      Profile(
        name: "two",
        extensions: [
          ExtensionTemplate(DesiredExtension(name: "B", kind: b, version: "1.0", after: [a])),
          ExtensionTemplate(DesiredExtension(name: "A", kind: a, version: "2.0", after: [b])),
        ]),
      Profile(name: "other", match: .init(tags: ["Role": "db"])),
    ]
    let desired = Requirements(profiles: profiles).desired(for: Samples.bareMachine { $0.tags = ["role": "web"] })
    #expect(desired.sources == ["one", "two"])
    #expect(Set(desired.extensions.map(\.version)) == ["1.0", "2.0"])
    #expect(desired.extensions.count == 2)
  }

  @Test("back-off grows to its most, spreads by its seed, and is the same for the same try")
  func backOff() {
    let backOff = BackOff()
    let waits = (1...12).map { backOff.wait(after: $0, seed: "x") }
    #expect(waits == (1...12).map { backOff.wait(after: $0, seed: "x") })
    #expect(waits.last! <= .seconds(720))
    #expect(waits[0] >= .seconds(12) && waits[0] <= .seconds(18))
    #expect(backOff.wait(after: 1, seed: "x") != backOff.wait(after: 1, seed: "y"))
  }
}
