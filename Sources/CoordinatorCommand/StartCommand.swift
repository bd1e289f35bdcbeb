import ArgumentParser
import Configuration
import Coordinating
import Dashboard
import Foundation
import Logging
import Telemetry
import TrainingProtocol

/// `coordinator start`: begins a run, or goes on with one.
struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Train a model, with local workers, joining ones, or both.",
        usage: """
            coordinator start --config <config> [<options>]
            coordinator start --run <run> [<options>]
            """,
        discussion: """
            A new run:
              coordinator start --config configs/quickstart.yaml --data clips.h5 \\
                  --run runs/mine --local-workers 2
            Going on with it:
              coordinator start --run runs/mine --local-workers 4
            With a page that shows it:
              coordinator start --run runs/mine --local-workers 2 --dashboard
            With three other machines:
              coordinator keys --run runs/big
              coordinator token --run runs/big --out node-1.token     (one for each)
              coordinator start --config configs/seed.yaml --data clips.h5 \\
                  --run runs/big --bind tcp://10.0.0.1:5555 --workers 3
              worker join tcp://10.0.0.1:5555 --token node-1.token     (on each)

            Ctrl-C or SIGTERM ends the run after the step under way, saves its state, and says how to go on. A second \
            one ends it and its local workers at once; it goes on from the newest saved state, and steps after that are \
            computed again, to the same bits.

            Exit status: 0 the run is complete, 1 it failed, 2 wrong usage, 75 it stopped and can be \
            resumed.
            """)

    @Option(help: "The configuration of a new run, a YAML file.", completion: .configurations)
    var config: String?

    @Option(
        help: "The clip dataset, instead of the configuration's data.path.", completion: .datasets)
    var data: String?

    @Option(
        name: .customLong("run"), help: "The run's directory (default: runs/NAME).",
        completion: .directory)
    var directory: String?

    @Option(
        help: ArgumentHelp(
            "The first weights, taken by name: a run, or a safetensors file (default: train.from).",
            valueName: "dir|file"),
        completion: .weights)
    var from: String?

    @Option(help: "Worker processes to start on this machine.")
    var localWorkers = 0

    @Option(help: "Workers to wait for, the local ones included (default: the local ones).")
    var workers: Int?

    @Option(help: "Threads of each local worker.")
    var threadsPerWorker = 1

    @Option(
        help: ArgumentHelp(
            "Where workers reach the coordinator; port 0 takes any free one (default: where it was "
                + "before, or a free port of loopback).",
            valueName: "tcp://host:port"))
    var bind: String?

    @Option(
        help: ArgumentHelp(
            "The coordinator's keys, made by `coordinator keys --out` (default: those of the run).",
            valueName: "dir"), completion: .directory)
    var keys: String?

    @Option(
        name: .customLong("dashboard"), defaultAsFlag: "\(DashboardAddress.standard)",
        help: ArgumentHelp(
            "Serve a web page of the run, and /metrics for Prometheus; beyond loopback for those who "
                + "have the token in the run's dashboard-token.",
            valueName: "host:port"))
    var dashboard: String?

    @Flag(help: "Report in lines of JSON, as metrics.jsonl has them.")
    var json = false

    @Flag(help: "Print every time-out, all derived from transport.worker_timeout, and end.")
    var explainTimeouts = false

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: "Override a key of the configuration: train.optimizer.rate=0.01. May be repeated.")
    var overrides: [String] = []

    func validate() throws {
        if explainTimeouts { return }
        guard localWorkers >= 0, threadsPerWorker >= 1 else {
            throw ValidationError(
                "--local-workers takes 0 or more, --threads-per-worker 1 or more.")
        }
        guard !(localWorkers > 0 && bind.map(BindAddress.isWildcard) ?? false) else {
            throw ValidationError(
                "Local workers tell the others the address by which they reach the coordinator: name "
                    + "the interface, as --bind tcp://10.0.0.1:5555, instead of \(bind ?? "").")
        }
        guard workers.map({ $0 >= localWorkers }) ?? true else {
            throw ValidationError(
                "--workers counts the local ones, too: with --local-workers \(localWorkers) it takes "
                    + "\(localWorkers) or more, not \(workers ?? 0).")
        }
        guard dashboard.map({ DashboardAddress($0) != nil }) ?? true else {
            throw ValidationError(
                "--dashboard takes HOST:PORT, the host an IP address, localhost or *: it was given "
                    + "\(dashboard ?? "").")
        }
    }

    /// Not in `validate`, which comes before misspelt options are told of: what misses may only be misspelt.
    private func requireEnough() throws {
        guard expectedWorkers >= 1 else {
            throw ValidationError(
                "A run needs workers: --local-workers N starts some here, --workers N waits for "
                    + "such that join from elsewhere.")
        }
        guard config != nil || directory != nil else {
            throw ValidationError(
                "Name a configuration (--config F) for a new run, or an existing run (--run DIR).")
        }
    }

    private var expectedWorkers: Int { max(workers ?? 0, localWorkers) }

    func run() throws {
        let configuration = try runConfiguration()
        if explainTimeouts {
            return explain(try configuration?.transport ?? defaultTransport())
        }
        try requireEnough()
        if let address = dashboard.flatMap({ DashboardAddress($0) }) {
            try Dashboard.check(address)
        }
        let path = directory ?? "runs/\(configuration?.name ?? "run")"
        let metrics = dashboard.map { _ in PrometheusRegistry.ofRun() }
        let run = try TrainingRun(
            TrainingRun.Options(
                directory: path, configuration: configuration, localWorkers: localWorkers,
                workers: expectedWorkers, threadsPerWorker: threadsPerWorker, address: bind,
                keys: keys, metrics: metrics, isJSON: json),
            logger: Logger(
                label: "coordinator", factory: { StreamLogHandler.standardError(label: $0) }))
        let page = try dashboard.map { address in
            try ServedDashboard(run, at: address, directory: path) { metrics?.runText ?? "" }
        }
        defer { page?.stop() }
        let resumption = resumption(of: path)
        let abandon = abandonment(of: run, resumption: resumption)
        let signals = StopSignals(run.stop) {
            abandon()
            _exit(75)
        }
        defer { signals.cancel() }
        let outcome = try run.run()
        if json { try printEnd(outcome, of: run) }
        switch outcome {
        case .completed(let step):
            if json { return }
            print("done: step \(step) of \(step), results in \(path)/final")
            print("weights sha256 \(try run.finalWeights())")
        case .stopped(let saved, let reason):
            if !json {
                print("stopped at step \(saved): \(reason)")
                print("to go on: \(resumption)")
            }
            throw ExitCode(75)
        case .failed(let reason):
            throw RunFailure(description: reason)
        }
    }
}
