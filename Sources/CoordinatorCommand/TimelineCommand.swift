import ArgumentParser
import Coordinating
import Foundation
import Telemetry

/// `coordinator timeline`: who did what in a run's steps.
struct TimelineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timeline",
        abstract: "Write a run's steps as a trace for Perfetto, a track for each worker.",
        discussion: """
            Example: coordinator timeline --run runs/mine --last 500 --output timeline.json

            For a run under way or ended; open it at ui.perfetto.dev or in about:tracing. The newest steps are in \
            the run's timeline.json, too, once it has ended.
            """)

    @Option(
        name: .customLong("run"), help: "The run's directory.", completion: .directory)
    var directory: String

    @Option(help: "So many steps, the newest.")
    var last = 1000

    @Option(
        help: "The file to write; - writes to standard output.",
        completion: .file(extensions: ["json"]))
    var output = "timeline.json"

    func validate() throws {
        guard last >= 1 else { throw ValidationError("--last takes 1 or more.") }
    }

    func run() throws {
        let path = directory + "/metrics.jsonl"
        guard FileManager.default.fileExists(atPath: path) else {
            throw RunFailure(
                description: "\(directory) holds no run with metrics; name the directory of --run "
                    + "at the start")
        }
        let history = try MetricsHistory(contentsOf: path)
        let entries = history.timeline.suffix(last)
        let trace = TimelineTrace(
            entries, happened: history.events,
            name: URL(fileURLWithPath: directory).lastPathComponent)
        guard output != "-" else {
            print(try trace.json(), terminator: "")
            return
        }
        try OutputFile.check(output)
        try trace.json().write(toFile: output, atomically: true, encoding: .utf8)
        print("\(entries.count) steps in \(URL(fileURLWithPath: output).path)")
    }
}
