import RecoveryCore
import Yams

/// What may be put back: baselines, the catalogue, profiles, and whether they agree.
extension ConfigurationReader {
  func restoration(_ top: [String: Node], _ read: inout Configuration) {
    if let node = top["baseline"] {
      let keys = section(node, "baseline")
      read.baseline.learn = keys["learn"].flatMap { flag($0, "baseline.learn") } ?? true
      if let node = keys["forgetAfter"], let span = duration(node, "baseline.forgetAfter") {
        read.baseline.forgetAfter = span
      }
    }
    read.catalogue = ConfigurationReader.shippedCatalogue
    if let node = top["catalogue"] {
      read.catalogue = read.catalogue.overridden(by: catalogue(node, "catalogue"))
    }
    if let node = top["unknownExtensions"] {
      read.catalogue.unknown = choice(node, "unknownExtensions", Catalogue.Unknown.self) ?? .report
    }
    knownExtensions = read.catalogue
    if let node = top["profiles"] { profiles(node, &read) }
    if read.profiles.isEmpty, !read.baseline.learn {
      read.warnings.append("there are no profiles and no baselines are learned: nothing will be healed, only reported")
    }
    read.warnings += contradictions(in: read.profiles)
  }

  // MARK: - The catalogue

  /// `config/catalogue.yaml` as it was when this was built.
  static let shippedCatalogue: Catalogue = {
    let text = String(decoding: PackageResources.catalogue_yaml, as: UTF8.self)
    let reader = ConfigurationReader(file: "catalogue.yaml", environment: [:])
    guard let root = try? Yams.compose(yaml: text), let node = root.mapping?["extensions"] else {
      preconditionFailure("the shipped catalogue is not YAML")
    }
    let entries = reader.catalogue(node, "extensions")
    precondition(reader.problems.isEmpty, "\(reader.problems)")
    return Catalogue(entries)
  }()

  func catalogue(_ node: Node, _ path: String) -> [Catalogue.Entry] {
    var entries: [Catalogue.Entry] = []
    for (index, entry) in list(node, path).enumerated() {
      let path = "\(path)[\(index)]"
      let keys = section(entry, path, "catalogue")
      guard let publisher = keys["publisher"].flatMap({ text($0, "\(path).publisher") }),
        let type = keys["type"].flatMap({ text($0, "\(path).type") }),
        let replay = keys["replay"].flatMap({ choice($0, "\(path).replay", Catalogue.Replay.self) })
      else {
        report(entry, path, "an entry needs 'publisher', 'type' and 'replay' (restore, never or leave)")
        continue
      }
      let kind = ExtensionKind(publisher: publisher, type: type)
      var read = Catalogue.Entry(kind: kind, replay: replay)
      if let node = keys["os"], text(node, "\(path).os") != "any" {
        read.operatingSystem = choice(node, "\(path).os", OperatingSystem.self)
      }
      if let node = keys["protectedSettings"] {
        read.protectedSettings =
          choice(node, "\(path).protectedSettings", Catalogue.ProtectedSettings.self) ?? .possible
      }
      read.needsIdentity = keys["needsIdentity"].flatMap { flag($0, "\(path).needsIdentity") } ?? false
      for node in keys["after"].map({ list($0, "\(path).after") }) ?? [] {
        guard let name = text(node, "\(path).after") else { continue }
        if let kind = ExtensionKind(handlerType: name) {
          read.after.append(kind)
        } else {
          report(node, "\(path).after", "expected Publisher.Type, got '\(name)'")
        }
      }
      if entries.contains(where: { $0.kind == kind }) { report(entry, path, "\(kind) stands twice") }
      entries.append(read)
    }
    return entries
  }

  // MARK: - Profiles that contradict each other

  /// Two profiles that may match one machine and say different things of one part: the later one wins, which the order
  /// of a file shows badly.
  private func contradictions(in profiles: [Profile]) -> [String] {
    var words: [String] = []
    for (index, earlier) in profiles.enumerated() {
      for later in profiles.dropFirst(index + 1) where earlier.match.mayMeet(later.match) {
        for part in earlier.contradictions(of: later) {
          words.append(
            "profiles '\(earlier.name)' and '\(later.name)' may match one machine and differ in \(part): '\(later.name)' wins there"
          )
        }
      }
    }
    return words
  }
}

extension ExtensionKind {
  /// `Publisher.Type`: the type is what stands after the last dot.
  init?(handlerType: String) {
    guard let dot = handlerType.lastIndex(of: "."), dot != handlerType.startIndex else { return nil }
    let type = handlerType[handlerType.index(after: dot)...]
    guard !type.isEmpty else { return nil }
    self.init(publisher: String(handlerType[..<dot]), type: String(type))
  }
}

extension Profile {
  fileprivate func contradictions(of later: Profile) -> [String] {
    var parts: [String] = []
    for system in OperatingSystem.allCases {
      for wanted in extensions.compactMap({ $0.variants[system] }) {
        guard let other = later.extensions.compactMap({ $0.variants[system] }).first(where: { $0.kind == wanted.kind })
        else { continue }
        // What the later one leaves unsaid is taken from the earlier one, and contradicts nothing.
        let isOther =
          (!other.version.isEmpty && other.version != wanted.version)
          || (other.settings != nil && wanted.settings != nil && other.settings != wanted.settings)
        if isOther, !parts.contains("extension \(wanted.kind)") { parts.append("extension \(wanted.kind)") }
      }
    }
    for association in associations {
      guard let other = later.associations.first(where: { $0.name.lowercased() == association.name.lowercased() }),
        other.target != association.target
      else { continue }
      parts.append("association \(association.name)")
    }
    for (location, endpoint) in endpoints {
      if let other = later.endpoints[location], other != endpoint { parts.append("endpoint of \(location)") }
    }
    return parts.sorted()
  }
}

extension Profile.Match {
  /// Whether one machine may match both.
  fileprivate func mayMeet(_ other: Profile.Match) -> Bool {
    func mayMeet<Value>(_ left: Set<Value>, _ right: Set<Value>) -> Bool {
      left.isEmpty || right.isEmpty || !left.isDisjoint(with: right)
    }
    guard mayMeet(operatingSystems, other.operatingSystems), mayMeet(locations, other.locations),
      mayMeet(resourceGroups, other.resourceGroups)
    else { return false }
    return tags.allSatisfy { tag in
      other.tags.first { $0.key.lowercased() == tag.key.lowercased() }.map { $0.value == tag.value } ?? true
    }
  }
}
