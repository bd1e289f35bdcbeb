import ArgumentParser
import Coordinating

/// Which run an operator's command is about.
struct RunSelection: ParsableArguments {
    @Option(
        name: .customLong("run"), help: "The run's directory.", completion: .directory)
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

    func request() throws -> OperatorRequest {
        try OperatorRequest(directory: directory, address: address)
    }
}
