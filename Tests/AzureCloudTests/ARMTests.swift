import AftercareTesting
import AzureCloud
import CurlTransport
import RecoveryCore
import Testing

@Suite("ARM")
struct ARMTests {
  typealias Answer = ScriptedExchange.Answer

  static func cloud(_ exchange: ScriptedExchange, identity: IdentityConfiguration = .token("t")) -> AzureCloud {
    AzureCloud(.azure, identity: identity, exchange: exchange, pause: Pause { _ in })
  }

  static func fault(_ body: () async throws -> Void) async -> Fault? {
    do {
      try await body()
      return nil
    } catch {
      return error as? Fault
    }
  }

  @Test(
    "errors are understood in every shape that they come in",
    arguments: [
      (404, #"{"error":{"code":"ResourceNotFound"}}"#, "ResourceNotFound", Fault.Kind.notFound),
      (403, #"{"error":{"code":"AuthorizationFailed","message":"no"}}"#, "AuthorizationFailed", .forbidden),
      (400, #"{"code":"Bad","message":"bare"}"#, "Bad", .invalid),
      (400, #"{"error":{"code":"Outer","message":"o","details":[{"code":"Inner","message":"i"}]}}"#, "Inner", .invalid),
      (400, #"{"error":{"code":"Outer","details":"as text"}}"#, "Outer", .invalid),
      (
        400, #"{"error":{"code":"Outer","message":"{\"error\":{\"code\":\"Nested\",\"message\":\"n\"}}"}}"#, "Nested",
        .invalid
      ),
      (502, "<html>gateway</html>", "HTTP502", .unavailable),
      (500, "", "HTTP500", .unavailable),
      (302, "", "HTTP302", .unintelligible),
      (429, #"{"error":{"code":"SubscriptionRequestsThrottled"}}"#, "SubscriptionRequestsThrottled", .throttled),
      (409, #"{"error":{"code":"MissingSubscriptionRegistration"}}"#, "MissingSubscriptionRegistration", .invalid),
      (409, #"{"error":{"code":"ScopeLocked"}}"#, "ScopeLocked", .forbidden),
    ])
  func errors(status: Int, body: String, code: String, kind: Fault.Kind) async {
    let exchange = ScriptedExchange(
      Array(repeating: Answer(status: status, headers: ["x-ms-correlation-request-id": "c-1"], body: body), count: 3))
    let fault = await Self.fault { _ = try await Self.cloud(exchange).associations(of: Samples.source) }
    #expect(fault?.code == code)
    #expect(fault?.kind == kind)
    #expect(fault?.correlationID == "c-1")
    #expect(fault?.resource.contains("?") == false)
  }

  @Test(
    "each of the six 409 answers to an extension operation has its meaning",
    arguments: [
      ("Cannot modify extensions in the VM when the VM is not running.", Fault.Kind.notRunning),
      ("Operation 'x' is not allowed on VM 'y' since another operation is in progress.", .busy),
      (
        "Operation 'x' is not allowed on VM extension 'y' since it is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete).",
        .beingDeleted
      ),
      ("Operation 'x' is not allowed on VM 'y' since the VM is marked for deletion.", .beingDeleted),
      ("Operation 'x' is not allowed on VM 'y' since VM has extension 'z' in failed state.", .blockedByFailed),
      ("An ongoing operation is changing power state of VM 'y'.", .busy),
    ])
  func conflicts(message: String, kind: Fault.Kind) async {
    let exchange = ScriptedExchange([
      Answer(status: 409, body: #"{"error":{"code":"OperationNotAllowed","message":"\#(message)"}}"#)
    ])
    let fault = await Self.fault {
      _ = try await Self.cloud(exchange).begin(.deleteExtension(machine: Samples.recovered, name: "x"))
    }
    #expect(fault?.kind == kind)
    #expect(exchange.asked.count == 1)
  }

  @Test(
    "a token goes to the configured host only, whatever a nextLink or an operation says",
    arguments: [
      "https://management.azure.com.evil.example/x", "http://management.azure.com/x",
      "https://evil.example/?https://management.azure.com/",
      "https://management.azure.com@evil.example/x", "https://management.azure.com:8443/x",
    ])
  func untrusted(link: String) async {
    let listing = ScriptedExchange([Answer(body: #"{"value": [], "nextLink": "\#(link)"}"#)])
    #expect(
      await Self.fault { _ = try await Self.cloud(listing).protectedItems(in: Samples.vault, page: nil, unless: nil) }?
        .kind
        == .untrusted)
    let operation = ScriptedExchange([Answer(status: 202, headers: ["Location": link])])
    let fault = await Self.fault {
      _ = try await Self.cloud(operation).begin(.deleteExtension(machine: Samples.recovered, name: "x"))
    }
    #expect(fault?.kind == .untrusted)
    #expect(listing.asked.count == 1 && operation.asked.count == 1)
  }

  @Test("an operation's URL is used byte for byte, however long and however escaped")
  func longURL() async throws {
    let url = "https://management.azure.com/op/1?t=1%3a2%3A3&c=" + String(repeating: "MII%2bx%2F", count: 380)
    let exchange = ScriptedExchange([
      Answer(
        status: 201, headers: ["Azure-AsyncOperation": url], body: #"{"properties":{"provisioningState":"Creating"}}"#),
      Answer(body: #"{"status":"InProgress","error":{"code":"NotOne"}}"#), Answer(body: #"{"status":"succeeded"}"#),
    ])
    let cloud = Self.cloud(exchange)
    let wanted = DesiredExtension(name: "a", kind: .azureMonitorLinuxAgent, version: "1.0")
    guard
      case .running(let operation, nil) = try await cloud.begin(
        .putExtension(machine: Samples.recovered, location: "ukwest", wanted, forceUpdateTag: "t"))
    else {
      Issue.record("not accepted")
      return
    }
    guard case .running = try await cloud.poll(operation) else {
      Issue.record("an error beside a status that is none is not an end")
      return
    }
    #expect(try await cloud.poll(operation) == .done)
    #expect(exchange.urls.suffix(2) == [url, url])
  }

  @Test(
    "an operation that failed says so with HTTP 200, and its code has a meaning",
    arguments: [
      ("VMExtensionProvisioningError", Fault.Kind.guestFailed), ("VMAgentStatusCommunicationError", .agentSilent),
      ("VMExtensionProvisioningTimeout", .operationTimedOut), ("VMExtensionManagementInternalError", .platform),
      ("ArtifactVersionNotFound", .invalid),
    ])
  func failedOperation(code: String, kind: Fault.Kind) async {
    let exchange = ScriptedExchange([Answer(body: #"{"status":"Failed","error":{"code":"\#(code)","message":"m"}}"#)])
    let handle = OperationHandle(
      resource: Samples.recovered, kind: .put, statusURL: OperationURL("https://management.azure.com/op"),
      locationURL: nil)
    #expect(await Self.fault { _ = try await Self.cloud(exchange).poll(handle) }?.kind == kind)
  }

  @Test("a removal whose operation is forgotten is judged by its resource")
  func forgottenOperation() async throws {
    let gone = Answer(status: 404, body: #"{"error":{"code":"ResourceNotFound"}}"#)
    let handle = OperationHandle(
      resource: Samples.recovered.appending("extensions/x"), kind: .delete,
      statusURL: OperationURL("https://management.azure.com/op"), locationURL: nil)
    #expect(try await Self.cloud(ScriptedExchange([gone, gone])).poll(handle) == .done)
  }

  @Test("a page for people in the place of an answer is never taken for the end of anything")
  func gatewayPage() async throws {
    let page = Answer(status: 200, body: "<html>please log in</html>")
    let handle = OperationHandle(
      resource: Samples.recovered.appending("extensions/x"), kind: .delete, statusURL: nil,
      locationURL: OperationURL("https://management.azure.com/op"))
    let association = Association(name: "a", target: .rule(Samples.rule))
    let effects: [Effect] = [
      .putAssociation(machine: Samples.recovered, association),
      .deleteAssociation(machine: Samples.recovered, name: "a"),
      .deleteExtension(machine: Samples.recovered, name: "x"),
    ]
    #expect(
      await Self.fault { _ = try await Self.cloud(ScriptedExchange([page])).poll(handle) }?.kind == .unintelligible)
    for effect in effects {
      let fault = await Self.fault { _ = try await Self.cloud(ScriptedExchange([page])).begin(effect) }
      #expect(fault?.kind == .unintelligible, "\(effect)")
    }
  }

  @Test("a write that may have been sent is not repeated; a read is")
  func repeats() async throws {
    let lost = TransportError(code: .connectionLost, message: "reset", requestMayHaveBeenSent: true)
    let writing = ScriptedExchange(results: [.failure(lost), .success(Answer())])
    let association = Association(name: "a", target: .rule(Samples.rule))
    #expect(
      await Self.fault {
        _ = try await Self.cloud(writing).begin(.putAssociation(machine: Samples.recovered, association))
      }?.kind == .unreachable)
    #expect(writing.asked.count == 1)
    let reading = ScriptedExchange(results: [.failure(lost), .success(Answer(body: #"{"value":[]}"#))])
    #expect(try await Self.cloud(reading).associations(of: Samples.recovered).isEmpty)
  }

  @Test("a Retry-After longer than a moment goes back to who decides")
  func retryAfter() async {
    let exchange = ScriptedExchange([Answer(status: 429, headers: ["Retry-After": "1200"])])
    let fault = await Self.fault { _ = try await Self.cloud(exchange).associations(of: Samples.recovered) }
    #expect(fault?.retryAfter == .seconds(1200))
    #expect(exchange.asked.count == 1)
  }

  @Test("a 401 costs one forced refresh, and no more")
  func unauthenticated() async {
    let refused = Answer(status: 401, body: #"{"error":{"code":"ExpiredAuthenticationToken"}}"#)
    let exchange = ScriptedExchange([refused, refused])
    #expect(
      await Self.fault { _ = try await Self.cloud(exchange).associations(of: Samples.recovered) }?.kind
        == .unauthenticated)
    #expect(exchange.asked.count == 2)
  }

  @Test("a machine that is not there is no fault")
  func noMachine() async throws {
    let exchange = ScriptedExchange([
      Answer(status: 404, body: #"{"error":{"code":"ResourceGroupNotFound","message":"x"}}"#)
    ])
    #expect(try await Self.cloud(exchange).machine(Samples.recovered) == nil)
  }

  @Test("the identity of a machine is patched whole, so that none is dropped")
  func identity() async throws {
    let exchange = ScriptedExchange([Answer()])
    let own = Samples.id(
      "/subscriptions/1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i")
    _ = try await Self.cloud(exchange).begin(
      .setIdentity(machine: Samples.recovered, ManagedIdentity(hasSystemAssigned: true, userAssigned: [own])))
    let body = String(decoding: exchange.asked.first?.body ?? [], as: UTF8.self)
    #expect(
      body == #"{"identity":{"type":"SystemAssigned, UserAssigned","userAssignedIdentities":{"\#(own.text)":{}}}}"#)
  }

  @Test("what changes something is sent only while the lease lasts, and given up before it ends; reads go on")
  func lease() async throws {
    let left = Guarded<Duration>(.zero)
    let looked = Guarded(ContinuousClock.now)
    let exchange = ScriptedExchange([Answer(), Answer(status: 200, body: #"{"value":[]}"#), Answer()])
    let cloud = Self.cloud(exchange).acting(
      while: Tenure {
        looked.withLock { $0 = .now }
        return left.withLock { $0 }
      })
    let effect = Effect.deleteAssociation(machine: Samples.recovered, name: "dcr")
    let fault = await Self.fault { _ = try await cloud.begin(effect) }
    #expect(fault?.kind == .stopped && fault?.code == "LeaseEnding" && fault?.retryAfter == .seconds(5))
    #expect(exchange.asked.isEmpty)
    left.withLock { $0 = .seconds(7) }
    _ = try await cloud.begin(effect)
    #expect(exchange.asked.last?.limits.whole == .seconds(7))
    let begin = try #require(exchange.asked.last?.begin, "what it may take counts from here, and not from the socket")
    #expect(begin <= looked.withLock { $0 })
    left.withLock { $0 = .zero }
    _ = try await cloud.associations(of: Samples.recovered)
    #expect(exchange.asked.count == 2, "a read needs no lease")
    left.withLock { $0 = .seconds(3600) }
    _ = try await cloud.begin(effect)
    #expect(exchange.asked.last?.limits.whole == .seconds(60), "and is no longer than without")
  }

  @Test("a request that is tried again asks for the lease again")
  func leaseOfATry() async throws {
    let asked = Guarded(0)
    let exchange = ScriptedExchange([Answer(status: 429, headers: ["Retry-After": "1"])])
    let cloud = Self.cloud(exchange).acting(
      while: Tenure {
        asked.withLock { count in
          count += 1
          return count == 1 ? .seconds(30) : .zero
        }
      })
    let fault = await Self.fault {
      _ = try await cloud.begin(.deleteAssociation(machine: Samples.recovered, name: "dcr"))
    }
    #expect(fault?.code == "LeaseEnding" && exchange.asked.count == 1)
  }
}
