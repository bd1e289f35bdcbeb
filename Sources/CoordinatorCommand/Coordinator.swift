import ArgumentParser

@main
struct Coordinator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Trains SlowFast video models on many CPU machines in lockstep.",
        subcommands: [
            StartCommand.self, EvaluateCommand.self, DescribeCommand.self, DatasetCommand.self,
            VerifyCommand.self,
        ])
}
