import ArgumentParser
import Configuration
import Foundation
import TrainingProtocol

@main
struct Coordinator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Trains SlowFast video models on many CPU machines in lockstep.",
        discussion: """
            A first run, on this machine:
              coordinator dataset synthesize clips.h5
              coordinator start --config configs/quickstart.yaml --data clips.h5 \\
                  --run runs/first --local-workers 2
              coordinator evaluate --run runs/first

            cluster/README.md tells how to use more machines, and cluster/TROUBLESHOOTING.md what to do about messages.
            """,
        version: Release.description,
        groupedSubcommands: [
            CommandGroup(
                name: "Preparation",
                subcommands: [
                    DatasetCommand.self, DescribeCommand.self, ProfileCommand.self,
                    ForecastCommand.self, ImportCommand.self,
                ]),
            CommandGroup(
                name: "Training",
                subcommands: [
                    StartCommand.self, LaunchCommand.self, StopCommand.self, DrainCommand.self,
                ]),
            CommandGroup(
                name: "Monitoring",
                subcommands: [StatusCommand.self, WorkersCommand.self, TimelineCommand.self]),
            CommandGroup(
                name: "Evaluation",
                subcommands: [
                    EvaluateCommand.self, PredictCommand.self, CompareCommand.self,
                    ExportCommand.self,
                ]),
            CommandGroup(
                name: "Access",
                subcommands: [
                    KeysCommand.self, TokenCommand.self, TokensCommand.self, RevokeCommand.self,
                ]),
            CommandGroup(
                name: "Verification",
                subcommands: [
                    AuditCommand.self, ReplayCommand.self, VerifyCommand.self,
                    SimulateCommand.self,
                ]),
        ])

    /// A misspelt command is named itself, not the first of its options.
    private static func requireKnownCommand() throws {
        let known = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"),
            !known.contains(word)
        else { return }
        let guess = nearestName(to: word, among: known).map { " Did you mean '\($0)'?" } ?? ""
        throw ValidationError("There is no command '\(word)'.\(guess)")
    }

    /// On the main thread, which commands may block: Swift's cooperative pool never waits for them.
    @MainActor
    static func main() async {
        do {
            try requireKnownCommand()
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            // Wrong usage has status 2, as of most programs; the library's own is 64.
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            Foundation.exit(2)
        }
    }
}
