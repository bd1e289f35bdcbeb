import Checkpoints
import ClipDatasets
public import Configuration
public import CoreMetrics
import Foundation
public import Logging
import Synchronization
public import Telemetry
import Tensors
import Training
public import TrainingProtocol
import ZeroMQ

/// A run from the coordinator's side: its directory, its sockets, its local workers, from start to end.
public final class TrainingRun {
    /// How a run is started.
    public struct Options: Sendable {
        public var directory: String
        /// Nil where an existing run is resumed as it was configured.
        public var configuration: RunConfiguration?
        public var localWorkers: Int
        /// Workers to wait for, the local ones included.
        public var workers: Int
        public var threadsPerWorker: Int
        /// Where the control connection listens, as `tcp://127.0.0.1:5555`; port 0 takes any free one. Nil: where an
        /// earlier coordinator of the run did, whose workers look for it there, or any free port of loopback.
        public var address: String?
        /// The directory of the coordinator's keys; nil: those in the run's directory, where there are some.
        public var keys: String?
        /// What monitoring is told through; nil where nobody asks.
        public var metrics: (any MetricsFactory)?
        /// Whether the report is lines of JSON.
        public var isJSON: Bool

        public init(
            directory: String, configuration: RunConfiguration?, localWorkers: Int, workers: Int,
            threadsPerWorker: Int, address: String?, keys: String? = nil,
            metrics: (any MetricsFactory)? = nil, isJSON: Bool = false
        ) {
            self.keys = keys
            self.directory = directory
            self.configuration = configuration
            self.localWorkers = localWorkers
            self.workers = workers
            self.threadsPerWorker = threadsPerWorker
            self.address = address
            self.metrics = metrics
            self.isJSON = isJSON
        }
    }

    private let options: Options
    private let directory: RunDirectory
    private let configuration: RunConfiguration
    private let dataset: ClipDataset
    private let opening: RunOpening
    /// Nil for a run that is new, or goes on as it is.
    private let resumption: RunResumption?
    private let schedule: StepSchedule
    private let logger: Logger
    private let inbox: Mailbox<ControlServer.Input>
    private let reporter: RunReporter
    /// How the run is, for whoever shows it; it changes while the run is under way.
    public let board: StatusBoard
    /// The numerics profile that the run is pinned to; control and saver threads share it.
    private let profile: SharedProfile

    private let context: Context
    private let security: CoordinatorSecurity?
    private let control: ControlServer
    private let deadlines: Deadlines
    /// Where the run's coordinator was in its last term.
    private let earlierAddress: String?
    private let local: LocalWorkers?

    /// Checks dataset and configuration, listens, and then makes or opens the run directory. The thread that calls
    /// this also calls `run`.
    ///
    /// - Throws: Errors with a message for people; nothing on the disk has changed then.
    public init(_ options: Options, logger: Logger) throws {
        self.options = options
        self.logger = logger
        let stored = try RunOpening.configuration(at: options.directory)
        let isStored = stored != nil
        guard var wanted = options.configuration ?? stored else {
            throw CoordinatingError.usage(
                problem:
                    "there is no run at \(options.directory); name the directory of one, or begin "
                    + "it with --config FILE --data FILE")
        }
        let start = try StartState(&wanted, stored: stored)
        let data = try RunDataset(wanted)
        let (summary, sampling) = (data.summary, data.sampling)
        dataset = data.clips
        let layout = try TrainingState.Layout(wanted)
        schedule = StepSchedule(wanted, samples: sampling.training.samples)
        if isStored {
            try RunOpening.check(options.directory, dataset: summary.digest, path: wanted.data.path)
        }
        if let stored, options.configuration != nil {
            resumption = try RunResumption(options.directory, stored, wanted, schedule)
        } else {
            resumption = nil
        }
        let program = options.localWorkers > 0 ? try LocalWorkers.program() : nil
        deadlines = Deadlines(worker: wanted.transport.workerTimeout)
        let inbox = try Mailbox<ControlServer.Input>()
        self.inbox = inbox
        earlierAddress = try RunDirectory.address(at: options.directory)
        let keys = try CoordinatorSecurity.keys(
            ofRunAt: options.directory, named: options.keys,
            for: options.address ?? earlierAddress ?? Self.anywhere)
        context = try Context(
            ioThreads: keys == nil ? 1 : CoordinatorSecurity.ioThreads,
            maximumSockets: OpenFiles.raiseLimit())
        security = try keys.map { [context] keys in
            try CoordinatorSecurity(keys, context: context) {
                inbox.send(.refused(host: $0, reason: $1))
            }
        }
        control = try Self.listen(
            at: options.address, before: earlierAddress, context, inbox, pulse: deadlines.pulse,
            logger, security)
        directory =
            isStored
            ? try RunDirectory.resume(
                at: options.directory, configuration: options.configuration.map { _ in wanted })
            : try RunDirectory.create(at: options.directory, configuration: wanted)
        configuration = directory.configuration
        try CoordinatorSecurity.link(options.keys, intoRunAt: options.directory)
        try directory.record(
            DatasetRecord(
                classNames: dataset.classNames, frames: sampling.training.frames,
                height: sampling.training.height, width: sampling.training.width,
                frameStride: dataset.frameStride, samples: sampling.training.samples))
        opening = try RunOpening(
            directory, layout: layout, summary: summary, sampling: sampling, first: start)
        profile = SharedProfile(opening.history.profile)
        try directory.record(address: control.endpoint)
        local = program.map { [control, opening, security] program in
            LocalWorkers(
                LocalWorkers.Launch(
                    program: program, address: control.endpoint, threads: options.threadsPerWorker,
                    run: "\(opening.run)", directory: options.directory,
                    joinToken: security?.localTokens(address: control.endpoint))
            ) { exit in
                inbox.send(
                    .launchedWorkerEnded(
                        process: Int64(exit.process), reason: exit.reason,
                        isOrderly: exit.isOrderly))
            }
        }
        board = try StatusBoard(
            opening: opening, schedule: schedule, directory: directory, address: control.endpoint)
        reporter = RunReporter(
            schedule: schedule, directory: directory, board: board, options: options)
        try saveStart()
    }

    private static let anywhere = "tcp://127.0.0.1:0"

    /// Where the flags say, or where the workers of an earlier coordinator look for the next one.
    private static func listen(
        at address: String?, before earlier: String?, _ context: Context,
        _ inbox: Mailbox<ControlServer.Input>, pulse: Duration, _ logger: Logger,
        _ security: CoordinatorSecurity?
    ) throws -> ControlServer {
        if address == nil, let known = earlier {
            do throws(ZeroMQError) {
                return try ControlServer(
                    context: context, address: known, inbox: inbox, pulse: pulse, logger: logger,
                    security: security)
            } catch {
                guard case .addressInUse = error else { throw error }
                // Another program's, or the coordinator's that is still at this run: the run's lock tells.
            }
        }
        return try ControlServer(
            context: context, address: address ?? anywhere, inbox: inbox, pulse: pulse,
            logger: logger, security: security)
    }

    /// First weights that were taken from elsewhere are durable before a step builds on them.
    private func saveStart() throws {
        guard let (step, state) = opening.startState, step == Step(0) else { return }
        _ = try directory.checkpoints.save(
            CheckpointContents(step, state, identity: identity, profile: profile.value()),
            keep: configuration.train.keepCheckpoints)
    }

    /// What sets the time-outs of the run in a directory; nil where there is none.
    public static func transport(ofRunAt directory: String) throws -> TransportConfiguration? {
        try RunOpening.configuration(at: directory)?.transport
    }

    /// Asks the run to end after the step under way, from any thread.
    public var stop: @Sendable (_ reason: String) -> Void {
        { [inbox] in inbox.send(.event(.stopRequested(reason: $0))) }
    }

    /// Ends the workers of this machine at once, from any thread. Call it when the process ends at once, too.
    public var abandon: @Sendable () -> Void {
        { [local] in local?.abandon() }
    }

    /// Tells people something that is no part of the run. On the thread that calls `run`, before it does.
    public func say(_ text: String) { reporter.say(text) }

    /// Trains until the run ends. Call it on a thread that may block.
    public func run() throws -> Outcome {
        if let resumption { reporter.say(resumption.text) }
        for note in opening.notes { reporter.say(note) }
        if let before = earlierAddress, before != control.endpoint {
            reporter.say(
                "the coordinator was at \(before) before: workers that look for it there do not find it; "
                    + "join them again, at its address now"
            )
        }
        if opening.start >= schedule.lastStep { return try end(at: opening.start) }
        let outcome = try train()
        reporter.end(outcome)
        keepTimeline()
        return outcome
    }

    /// The newest steps as a trace for people: where it cannot be kept, that is told.
    private func keepTimeline() {
        let telemetry = board.current
        do {
            let trace = TimelineTrace(
                telemetry.timeline.entries, happened: telemetry.status.events,
                name: configuration.name)
            try trace.json().write(
                toFile: options.directory + "/timeline.json", atomically: true, encoding: .utf8)
        } catch {
            reporter.say("the timeline is not kept: \(error)")
        }
    }

    private func train() throws -> Outcome {
        let term = opening.history.lastTerm.next
        let broken: @Sendable (String) -> Void = { [inbox] in
            inbox.send(.event(.broken(reason: $0)))
        }
        let newest = NewestState(opening.startState)
        let saver = try CheckpointSaver(
            directory: directory, identity: identity, profile: profile.value, newest: newest,
            control: inbox, onFailure: broken)
        let data = try DataThread(
            context: context, address: Self.dataAddress(beside: control.endpoint), dataset: dataset,
            states: StateStore(
                run: opening.run, term: term, layout: opening.layout, newest: newest,
                lastStep: schedule.lastStep, completed: saver.save),
            logger: logger, security: security, onFailure: broken)
        try directory.journal.append(
            opening.journal.line(
                .opened(
                    term: term, run: opening.run, state: opening.start,
                    dataset: opening.summary.digest)))
        reporter.say("run \(options.directory): coordinator at \(control.endpoint)")
        if security != nil, configuration.transport.cleartextGradients {
            reporter.say(
                "gradients go over the network unencrypted, with proof of who sent them "
                    + "(transport.cleartext_gradients)")
        }
        let isSameAddress = earlierAddress.map { $0 == control.endpoint } ?? true
        let idle = options.workers - schedule.slots
        if idle > 0 {
            reporter.say(
                "\(options.workers) workers, and a step has \(schedule.slots) slots (train.slots): "
                    + "\(idle) of them will idle")
        }
        if options.workers > options.localWorkers {
            let awaited = options.workers - options.localWorkers
            // Those that this coordinator's predecessor left look for it at its address.
            let before =
                isSameAddress && opening.history.lastTerm > Term(0)
                ? "; workers of before come by themselves, others with:" : " to join:"
            reporter.say(
                "waiting for \(awaited) more\(before) worker join \(control.endpoint)"
                    + "\(security == nil ? "" : " --token FILE") --threads N")
            if security != nil {
                reporter.say(
                    "a token for each: coordinator token --run \(options.directory) --out FILE")
            }
        }

        // Whatever happens, no worker of ours is left behind.
        defer { local?.finish() }
        if let found = try local?.start(options.localWorkers, adopting: isSameAddress), found > 0 {
            let are = found == 1 ? "local worker of before is" : "local workers of before are"
            reporter.say("\(found) \(are) still there")
        }
        var machine = CoordinatorMachine(try machineOptions(term: term, data: data.endpoint))
        let outcome = try control.run(&machine, effects: effects)
        do {
            try data.stop()
            try saver.stop()
        } catch {
            // The run has its outcome; what these threads still had to say does not change it.
            logger.error("while ending: \(error)")
        }
        return outcome
    }

    /// The end of a run that has nothing left to do.
    private func end(at step: Step) throws -> Outcome {
        if step > schedule.lastStep {
            reporter.say(
                "the run is at step \(step) already, past the limit of \(schedule.lastStep)")
        }
        try restoreFinal()
        return .completed(step)
    }

    /// SHA-256 of the final weights.
    ///
    /// - Throws: `SavedStateError` where the run has not ended.
    public func finalWeights() throws -> String {
        guard let final = try directory.checkpoints.final() else {
            throw CoordinatingError.usage(problem: "\(options.directory) has no final weights yet")
        }
        return final.manifest.weightsSHA256
    }

    /// A kill between the last checkpoint and the result leaves a run that is complete but for its result.
    private func restoreFinal() throws {
        guard let (step, state) = opening.startState, !hasFinal(of: step) else { return }
        _ = try directory.checkpoints.saveFinal(
            CheckpointContents(step, state, identity: identity, profile: profile.value()))
    }

    /// Whether the result is there and whole; a damaged one is written again.
    private func hasFinal(of step: Step) -> Bool {
        do {
            return try directory.checkpoints.final()?.step == Int(step.rawValue)
        } catch {
            reporter.say("the result is written again: \(error)")
            return false
        }
    }

    private var identity: CheckpointSaver.Identity {
        CheckpointSaver.Identity(
            configDigest: configuration.digest, datasetDigest: opening.summary.digest.description,
            schedule: schedule, keep: configuration.train.keepCheckpoints)
    }

    private var effects: ControlServer.Effects {
        ControlServer.Effects(
            append: { [self] record in
                if case .pinned(let entries) = record { profile.pin(entries) }
                try directory.journal.append(opening.journal.line(record))
            },
            note: { [reporter] in reporter.note($0) },
            isOwn: { [local] in local?.isChild($0) ?? false },
            observe: { [reporter] in reporter.observe($0) },
            status: { [board, logger] in
                do {
                    return String(decoding: try board.current.status.json(), as: UTF8.self)
                } catch {
                    logger.error("the status cannot be told: \(error)")
                    return "{}"
                }
            })
    }

    private func machineOptions(
        term: Term, data: String
    ) throws -> CoordinatorMachine.Options {
        let every: Int? =
            switch configuration.train.checkpointEvery {
            case .steps(let steps): steps
            case .epochs(let epochs):
                min(epochs, configuration.train.epochs) * schedule.stepsPerEpoch
            }
        let evaluateEvery = configuration.train.evaluateEveryEpochs
        var options = CoordinatorMachine.Options(
            run: opening.run, term: term, schedule: schedule,
            introduction: Introduction(
                configuration: configuration.canonicalYAML, dataAddress: data,
                dataset: opening.summary, deadlines: deadlines),
            start: opening.start, workers: options.workers, profile: opening.history.profile,
            replayed: opening.replayed, chain: opening.history.chain,
            generation: opening.history.lastGeneration, lastWorker: opening.history.lastWorker,
            saveEvery: every,
            evaluateEvery: evaluateEvery > 0 ? evaluateEvery : nil,
            evaluationBlocks: EvaluationBlocks(samples: opening.evaluationSamples).count)
        // A stranger that is quicker than the own workers must not decide what these have to match.
        if self.options.localWorkers > 0 {
            options.expectedProfile = try NumericsProfile.current().entries
        }
        return options
    }

    /// The data connection listens on the same interface, at any free port.
    private static func dataAddress(beside endpoint: String) -> String {
        guard let colon = endpoint.lastIndex(of: ":") else { return endpoint }
        return endpoint[..<colon] + ":0"
    }
}

/// The numerics profile of a run, once it is pinned.
final class SharedProfile: Sendable {
    private let entries: Mutex<[ProfileEntry]>

    init(_ entries: [ProfileEntry]?) { self.entries = Mutex(entries ?? []) }

    func pin(_ entries: [ProfileEntry]) { self.entries.withLock { $0 = entries } }

    func value() -> [ProfileEntry] { entries.withLock { $0 } }
}
