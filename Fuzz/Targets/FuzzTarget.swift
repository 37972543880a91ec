import AftercareApp
import AzureCloud
import JSONReading
import RecoveryCore
import StatusServer
import WatchEngine

/// What is parsed from outside, each as a function of bytes that says what is wrong with the result, if anything is.
///
/// Any bytes may be refused; none may trap, take unbounded work, or be taken for something better than they say. The
/// suite mutates the corpus for a fixed number of rounds; `script/fuzz` lets libFuzzer do it for as long as one likes.
public enum FuzzTarget: String, CaseIterable, Sendable {
  case item, machine, operation, error, configuration, date, resourceID, push

  /// What is wrong; nil when nothing is.
  public func check(_ bytes: [UInt8]) -> String? {
    switch self {
    case .item: FuzzTarget.item(bytes)
    case .machine: FuzzTarget.machine(bytes)
    case .operation: FuzzTarget.operation(bytes)
    case .error: FuzzTarget.error(bytes)
    case .configuration: FuzzTarget.configuration(bytes)
    case .date: FuzzTarget.date(bytes)
    case .resourceID: FuzzTarget.resourceID(bytes)
    case .push: FuzzTarget.push(bytes)
    }
  }

  // MARK: - Answers of Azure

  private static let vault = ResourceID(
    "/subscriptions/1/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/v")

  private static func item(_ bytes: [UInt8]) -> String? {
    guard let vault, let document = try? JSONDocument(parsing: bytes), let item = ProtectedItem(document, in: vault)
    else {
      return nil
    }
    let says = document["properties"]?["activeLocation"]?.text?.lowercased()
    if item.isActiveAtRecovery, says != "recovery" { return "taken to be at the recovery side, which it does not say" }
    if item.liveMachineID != nil, says != "recovery", says != "primary" { return "a live machine, and no side" }
    if item.isTestMachine(item.testMachineID ?? item.id), item.liveMachineID == item.testMachineID {
      return nil  // What Azure calls both is a test machine, and never acted upon.
    }
    return item.protectionState.meaning == .failedOver
      && !(document["properties"]?["protectionState"]?.text?.lowercased().contains("failover") ?? false)
      ? "failed over by a state that does not say so" : nil
  }

  private static let agent = DesiredExtension(
    name: "AzureMonitorWindowsAgent", kind: .azureMonitorWindowsAgent, version: "1.2", needsIdentity: true)

  private static func machine(_ bytes: [UInt8]) -> String? {
    guard let document = try? JSONDocument(parsing: bytes), let machine = Machine(document) else { return nil }
    let desired = DesiredState(sources: ["fuzz"], extensions: [agent])
    let legs = Judge(explainedBy: nil).legs(of: machine, wanting: desired)
    guard legs.count == 3 else { return "\(legs.count) legs" }
    guard legs.contains(where: { $0.leg == .extension(agent.kind) && $0.finding == .healthy }) else { return nil }
    // A second opinion, straight from the document.
    let properties = document["properties"]
    let resource = document["resources"]?.elements.first {
      $0["properties"]?["type"]?.text?.lowercased() == "azuremonitorwindowsagent"
    }
    let handler = properties?["instanceView"]?["vmAgent"]?["extensionHandlers"]?.elements.first {
      $0["type"]?.text?.lowercased() == "microsoft.azure.monitor.azuremonitorwindowsagent"
    }
    let code = handler?["status"]?["code"]?.text?.lowercased() ?? ""
    let state = resource?["properties"]?["provisioningState"]?.text?.lowercased()
    let isWell = code.split(separator: "/").dropFirst().first.map { ["succeeded", "ready"].contains($0) } ?? false
    guard resource != nil, handler != nil, isWell, state == "succeeded" else {
      return "healthy with resource \(state ?? "none") and handler '\(code)'"
    }
    return nil
  }

  private static func operation(_ bytes: [UInt8]) -> String? {
    guard let document = try? JSONDocument(parsing: bytes) else { return nil }
    let status = document["status"]?.text?.lowercased()
    switch OperationStatus(document) {
    case .succeeded where status != "succeeded": return "succeeded, by the status \(status ?? "none")"
    case .ended where status == nil || status == "succeeded" || status == "inprogress":
      return "ended, by \(status ?? "none")"
    default: return nil
    }
  }

  private static func error(_ bytes: [UInt8]) -> String? {
    let secrets = Secrets()
    secrets.keep("open sesame")
    let envelope = ErrorEnvelope(body: bytes, status: 400, hiding: secrets)
    let said = envelope.code + envelope.message
    if said.unicodeScalars.count > 1100 { return "\(said.unicodeScalars.count) characters" }
    if said.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) { return "a control character" }
    if said.contains("open sesame") { return "a secret" }
    if envelope.code.isEmpty, envelope.message.isEmpty { return "nothing is said" }
    return nil
  }

  // MARK: - Files and values

  private static func configuration(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    do {
      _ = try ConfigurationFile.parse(text, file: "fuzz.yaml", environment: [:])
    } catch {
      let words = "\(error)"
      if !words.hasPrefix("fuzz.yaml:") { return "an error without its file: \(words)" }
    }
    return nil
  }

  private static func date(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    for time in [Timestamp(iso8601: text), Timestamp(usHeartbeat: text)].compactMap({ $0 })
    where Timestamp(iso8601: time.iso8601) != time {
      return "\(time.milliseconds) becomes \(time.iso8601), and that something else"
    }
    _ = ExtensionHandler(type: "A.B", version: "1", status: nil, message: text).lastHeartbeat
    return nil
  }

  private static func resourceID(_ bytes: [UInt8]) -> String? {
    guard let id = ResourceID(String(decoding: bytes, as: UTF8.self)) else { return nil }
    guard let again = ResourceID(id.text), again == id, again.key == id.key else { return "'\(id.text)' is not itself" }
    return id.text.hasPrefix("/") ? nil : "'\(id.text)' is not absolute"
  }

  private static func push(_ bytes: [UInt8]) -> String? {
    switch try? Push(bytes) {
    case .hints(let hints):
      if hints.contains(.everything), hints.count > 1 { return "everything, and \(hints.count - 1) more" }
      return hints.count > 5000 ? "\(hints.count) hints" : nil
    case .handshake(let code): return code.utf8.count > 256 ? "a code of \(code.utf8.count) bytes" : nil
    case nil: return nil
    }
  }
}
