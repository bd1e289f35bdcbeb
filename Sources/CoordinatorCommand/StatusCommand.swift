import ArgumentParser
import Coordinating
import Foundation
import Telemetry

/// `coordinator status`: how a run is.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how a run is: how far, how well, how fast, with whom.",
        usage: """
            coordinator status --run <run> [--watch] [--json]
            coordinator status --address <tcp://host:port> [--watch] [--json]
            """,
        discussion: """
            Examples:
              coordinator status --run runs/mine --watch
              coordinator status --run runs/mine --json | jq .loss

            A run that nobody serves is shown as its directory tells of it.
            """)

    @OptionGroup var selection: RunSelection

    @Flag(help: "Show it anew every second until the run ends.")
    var watch = false

    @Flag(help: "An object of JSON; with --watch one a line.")
    var json = false

    func run() throws {
        let source = try StatusSource(selection)
        let screen = StatusScreen(isTerminal: !json && watch && isatty(STDOUT_FILENO) == 1)
        while true {
            let status = try source.status()
            screen.show(try text(status))
            guard watch, !status.phase.isOver else { return }
            Thread.sleep(forTimeInterval: 1)
        }
    }

    private func text(_ status: RunStatus) throws -> String {
        guard json else { return StatusText(status).summary }
        return String(decoding: try status.json(pretty: !watch), as: UTF8.self)
    }
}

/// `coordinator workers`: who takes part in a run.
struct WorkersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "List the workers of a run, and those that went last with the reason.",
        discussion: """
            Example: coordinator workers --run runs/mine
            """)

    @OptionGroup var selection: RunSelection

    @Flag(help: "An array of JSON.")
    var json = false

    func run() throws {
        let status = try StatusSource(selection).status()
        if json {
            print(String(decoding: try status.workersJSON(), as: UTF8.self))
        } else {
            print(StatusText(status).workers)
        }
    }
}
