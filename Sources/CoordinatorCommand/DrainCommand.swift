import ArgumentParser
import Coordinating
import TrainingProtocol

/// `coordinator drain`: lets a worker of a run go.
struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Let a worker go at the end of the step under way; the run goes on without it.",
        discussion: """
            Example: coordinator drain 3 --run runs/mine

            Workers have the numbers that the run's output gives them. The last worker hands over the state first.
            """)

    @Argument(help: "The worker's number.")
    var worker: UInt64

    @Option(name: .customLong("run"), help: "The run's directory.")
    var directory: String?

    @Option(
        help: ArgumentHelp(
            "The coordinator's address, where its directory is not here.",
            valueName: "tcp://host:port"))
    var address: String?

    func validate() throws {
        guard (directory == nil) != (address == nil) else {
            throw ValidationError("Name the run by its directory (--run DIR) or by --address.")
        }
    }

    func run() throws {
        let answer = try OperatorRequest(directory: directory, address: address)
            .drain(WorkerID(worker))
        guard answer.isAccepted else { throw RunFailure(description: answer.text) }
        print(answer.text)
    }
}
