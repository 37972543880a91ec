import AftercareTesting
import RecoveryCore
import Testing

@testable import AzureCloud

@Suite("A text of Azure's")
struct SecretsTests {
  @Test(
    "loses what has the form of a credential, and nothing else",
    arguments: [
      (
        "cannot read https://a.blob.core.windows.net/c/x?sv=1&sig=abc%3D, sorry",
        "cannot read https://a.blob.core.windows.net/c/x?[hidden] sorry"
      ),
      ("see 'https://x/y?sig=abc' or \"https://x/z?a=b\"", "see 'https://x/y?[hidden]' or \"https://x/z?[hidden]\""),
      ("sv=2020&sig=abc&se=2030", "sv=2020&sig=[hidden]&se=2030"),
      ("{\"access_token\": \"abc.def\", \"expires_in\": 1}", "{\"access_token\": \"[hidden]\", \"expires_in\": 1}"),
      ("{\\\"password\\\":\\\"hunter2\\\"}", "{\\\"password\\\":\\\"[hidden]\\\"}"),
      (
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==;X=y",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=[hidden];X=y"
      ),
      ("Authorization: Bearer abcdefghijklmnopqrstuvwxyz, please", "Authorization: Bearer [hidden], please"),
      ("token eyJ0eXAiOiJKV1QiLCJhbGciOi.J.k is bad", "token [hidden] is bad"),
      (
        "the password: it is wrong; is this so? The Bearer token has expired",
        "the password: it is wrong; is this so? The Bearer token has expired"
      ),
      (
        "https://management.azure.com/subscriptions/1 and what? no",
        "https://management.azure.com/subscriptions/1 and what? no"
      ),
      ("BEARER abcdefghijklmnopqrstuvwxyz!", "BEARER [hidden]"), ("", ""), ("sig=", "sig="),
      ("https://x/?", "https://x/?"), ("Bearer ", "Bearer "),
      ("ünïcode ✓ sig=é", "ünïcode ✓ sig=[hidden]"),
    ])
  func byForm(text: String, expected: String) {
    #expect(Redaction.withoutCredentials(text) == expected)
  }

  @Test("loses every value that we were given or have sent, also where it would be cut off")
  func known() {
    let secrets = Secrets()
    secrets.keep("open sesame")
    secrets.keep("short")
    secrets.keep(token: "issued-1")
    secrets.keep(all: .object(["a": .array([.string("nested-secret"), .string("nested-secret-longer"), .integer(7)])]))
    #expect(
      secrets.hide(in: "open sesame, short, issued-1, nested-secret-longer")
        == "[hidden], short, [hidden], [hidden]")
    let long = String(repeating: "x", count: 995) + "nested-secret"
    let envelope = ErrorEnvelope(
      body: Array(#"{"code": "C", "message": "\#(long)"}"#.utf8), status: 400, hiding: secrets)
    #expect(!envelope.message.contains("nest"))
    #expect(envelope.message.unicodeScalars.count <= 1000)
  }

  @Test("of a handler is hidden in the machine that is read")
  func machine() {
    let secrets = Secrets()
    secrets.keep("open sesame")
    var machine = Samples.bareMachine()
    machine.handlers = [ExtensionHandler(type: "A.B", version: "1", status: nil, message: "it is open sesame")]
    machine.agent?.message = "open sesame"
    var hidden = machine
    hidden.hide(secrets)
    #expect(hidden.handlers.first?.message == "it is [hidden]")
    #expect(hidden.agent?.message == "[hidden]")
  }
}
