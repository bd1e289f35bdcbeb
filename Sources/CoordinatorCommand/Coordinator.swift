import ArgumentParser
import Foundation
import TrainingProtocol

@main
struct Coordinator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Trains SlowFast video models on many CPU machines in lockstep.",
        version: Release.description,
        subcommands: [
            StartCommand.self, LaunchCommand.self, StatusCommand.self, WorkersCommand.self,
            StopCommand.self,
            TimelineCommand.self, DrainCommand.self, KeysCommand.self, TokenCommand.self,
            TokensCommand.self, RevokeCommand.self, AuditCommand.self,
            ReplayCommand.self, SimulateCommand.self, ForecastCommand.self, CompareCommand.self,
            EvaluateCommand.self, PredictCommand.self,
            DescribeCommand.self, ProfileCommand.self, DatasetCommand.self, VerifyCommand.self,
            ExportCommand.self, ImportCommand.self,
        ])

    /// On the main thread, which commands may block: Swift's cooperative pool never waits for them.
    @MainActor
    static func main() async {
        do {
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
