import RecoveryCore
import Testing

@testable import JSONReading

@Suite("A JSON document")
struct JSONDocumentTests {
  private func document(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

  @Test(
    "gives a member whatever the case of its name, and the one in the right case first",
    arguments: [
      (#"{"vmId": "a"}"#, "a"), (#"{"VMID": "a"}"#, "a"), (#"{"VMID": "a", "vmId": "b"}"#, "b"),
      (#"{"vmid": null, "VMID": "a"}"#, "a"), (#"{"VmID": "a", "vmID": "b"}"#, "a"),
      (#"{"\u0076mId": "a"}"#, "a"), (#"{"\u0056mId": "a"}"#, "a"),
    ])
  func member(text: String, wanted: String) throws {
    #expect(try document(text)["vmId"]?.string == wanted)
  }

  @Test(
    "has no member of another name, of null, or in what is no object",
    arguments: [
      "{}", #"{"vmI": 1}"#, #"{"vmIdx": 1}"#, #"{"vm1d": 1}"#, #"{"6m)$": 1}"#, #"{"vmId": null}"#, "[]", #""vmId""#,
      "1",
      #"{"a": {"vmId": 1}}"#, #"{"vmId": null, "VMID": 1, "vmId": 2}"#,
    ])
  func none(text: String) throws {
    #expect(try document(text)["vmId"] == nil)
  }

  @Test("finds what follows a value that has much inside of it")
  func siblings() throws {
    let document = try document(#"{"a": [[1, {"b": 2}], {"b": 3}], "b": {"c": []}, "d": [4, [5], 6]}"#)
    #expect(document["b"]?["c"]?.array?.isEmpty == true)
    #expect(document["d"]?.elements.map(\.text) == ["4", nil, "6"])
    #expect(document["a"]?.elements.dropFirst().first?["b"]?.text == "3")
    #expect(document["a"]?.elements.first?.elements.dropFirst().first?["b"]?.text == "2")
    #expect(document.members.map(\.name) == ["a", "b", "d"])
    #expect(document["b"]?.array == nil && document["b"]?.elements.isEmpty == true)
  }

  @Test(
    "finds all of many values, however short they are",
    arguments: [(#"1"#, 5000), (#"[]"#, 5000), (#"{"":1}"#, 5000), (#""""#, 5000), ("null", 3), ("1", 1)])
  func shortValues(value: String, count: Int) throws {
    let elements = try document("[\(Array(repeating: value, count: count).joined(separator: ","))]").elements
    #expect(elements.count == count)
    let wanted = try document(value).value
    #expect(elements.allSatisfy { $0.value == wanted })
  }

  @Test("knows what is written alike, and a number from the text of one")
  func written() throws {
    let texts = Array(try document(#"["1", 1, "1", "null", null]"#).elements)
    #expect(texts[0].isWritten(like: texts[0]) && texts[0].isWritten(like: texts[2]))
    #expect(!texts[0].isWritten(like: texts[1]) && !texts[3].isWritten(like: texts[4]))
  }

  @Test("says of what never ends that it does not, and not that there is no room for it")
  func open() {
    for text in [String(repeating: "[", count: 100), String(repeating: "[[[[1,", count: 20)] {
      #expect {
        try document(text)
      } throws: { "\($0)".contains("ends too early") }
    }
  }

  @Test("tells a text, a flag and texts by what they look like, and nothing by anything else")
  func values() throws {
    let document = try document(
      #"{"text": "é\n\"", "whole": 1.0, "part": 1.5, "on": true, "off": "False", "none": null, "tags": {"a": "b", "n": 1, "o": {}}}"#
    )
    #expect(document["text"]?.text == "é\n\"" && document["text"]?.flag == nil)
    #expect(document["whole"]?.text == "1" && document["part"]?.text == nil && document["whole"]?.string == nil)
    #expect(document["on"]?.flag == true && document["on"]?.text == "true" && document["off"]?.flag == false)
    #expect(document["tags"]?.texts == ["a": "b", "n": "1"])
    #expect(document["tags"]?.value == .object(["a": .string("b"), "n": .integer(1), "o": .object([:])]))
  }

  /// Words of every length, with what ends them in every place of the eight bytes that are looked at together.
  @Test("reads strings of any length as they are, up to the byte that ends them")
  func lengths() throws {
    for length in 0...40 {
      for odd in ["", "ü", "\\n", "\u{7f}"] {
        let text = String(repeating: "x", count: length) + odd + String(repeating: "y", count: 40 - length)
        let wanted = text.replacing("\\n", with: "\n")
        #expect(try document("\"\(text)\"").string == wanted)
        #expect(try document("[\"\(text)\"]").elements.first?.string == wanted)
      }
      for control in [UInt8(0), 0x1F, 0x0A] {
        let bytes = [UInt8(ascii: "\"")] + Array(repeating: 0x78, count: length) + [control, UInt8(ascii: "\"")]
        #expect(throws: JSONParser.Failure(offset: length + 1, message: "a control character stands in a string")) {
          try JSONDocument(parsing: bytes)
        }
      }
      let broken = [UInt8(ascii: "\"")] + Array(repeating: 0x78, count: length) + [0xFF, UInt8(ascii: "\"")]
      #expect(throws: JSONParser.Failure(offset: 1, message: "a string is not UTF-8")) {
        try JSONDocument(parsing: broken)
      }
    }
  }
}
