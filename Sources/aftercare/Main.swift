import AftercareCommands

@main
struct Main {
  static func main() async { await AftercareCommand.run() }
}
