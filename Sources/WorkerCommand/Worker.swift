import ArgumentParser
import Foundation
import TrainingProtocol

@main
struct Worker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Computes gradients for a coordinator.",
        discussion: """
            Example: worker join tcp://10.0.0.1:5555 --token node-1.token --threads 8

            `coordinator start` prints the address, `coordinator token` makes the token.
            """,
        version: Release.description,
        subcommands: [JoinCommand.self, BenchmarkAllReduceCommand.self, BenchmarkLinkCommand.self])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            // Wrong usage has status 2, as of most programs; the library's own is 64.
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            Foundation.exit(2)
        }
    }
}
