import ArgumentParser

@main
struct Worker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Computes gradients for a coordinator.",
        subcommands: [JoinCommand.self, BenchmarkAllReduceCommand.self])
}
