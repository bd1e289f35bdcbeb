import Checkpoints
import ClipDatasets
public import Configuration
import Foundation
public import Logging
import Synchronization
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

        public init(
            directory: String, configuration: RunConfiguration?, localWorkers: Int, workers: Int,
            threadsPerWorker: Int, address: String?
        ) {
            self.directory = directory
            self.configuration = configuration
            self.localWorkers = localWorkers
            self.workers = workers
            self.threadsPerWorker = threadsPerWorker
            self.address = address
        }
    }

    private let options: Options
    private let directory: RunDirectory
    private let configuration: RunConfiguration
    private let dataset: ClipDataset
    private let opening: RunOpening
    private let schedule: StepSchedule
    private let logger: Logger
    private let inbox: Mailbox<ControlServer.Input>
    private let reporter: RunReporter
    /// The numerics profile that the run is pinned to; control and saver threads share it.
    private let profile: SharedProfile

    private let context: Context
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
            throw CoordinatingError.usage(problem: "there is no run at \(options.directory)")
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
        let program = options.localWorkers > 0 ? try LocalWorkers.program() : nil
        deadlines = Deadlines(worker: wanted.transport.workerTimeout)
        let inbox = try Mailbox<ControlServer.Input>()
        self.inbox = inbox
        context = try Context(ioThreads: 1, maximumSockets: OpenFiles.raiseLimit())
        earlierAddress = try RunDirectory.address(at: options.directory)
        control = try Self.listen(
            at: options.address, before: earlierAddress, context, inbox, pulse: deadlines.pulse,
            logger)
        directory =
            isStored
            ? try RunDirectory.resume(
                at: options.directory, configuration: options.configuration.map { _ in wanted })
            : try RunDirectory.create(at: options.directory, configuration: wanted)
        configuration = directory.configuration
        try directory.record(
            DatasetRecord(
                classNames: dataset.classNames, frames: sampling.training.frames,
                height: sampling.training.height, width: sampling.training.width,
                frameStride: dataset.frameStride))
        opening = try RunOpening(
            directory, layout: layout, summary: summary, sampling: sampling, first: start)
        profile = SharedProfile(opening.history.profile)
        try directory.record(address: control.endpoint)
        local = program.map { [control, opening] program in
            LocalWorkers(
                LocalWorkers.Launch(
                    program: program, address: control.endpoint, threads: options.threadsPerWorker,
                    run: "\(opening.run)", directory: options.directory)
            ) { exit in
                inbox.send(
                    .launchedWorkerEnded(
                        process: Int64(exit.process), reason: exit.reason,
                        isOrderly: exit.isOrderly))
            }
        }
        let metrics = directory.metrics
        reporter = RunReporter(schedule: schedule, epochs: configuration.train.epochs) {
            try metrics.append($0)
        }
        try saveStart()
    }

    /// Where the flags say, or where the workers of an earlier coordinator look for the next one.
    private static func listen(
        at address: String?, before earlier: String?, _ context: Context,
        _ inbox: Mailbox<ControlServer.Input>, pulse: Duration, _ logger: Logger
    ) throws -> ControlServer {
        let anywhere = "tcp://127.0.0.1:0"
        if address == nil, let known = earlier {
            do throws(ZeroMQError) {
                return try ControlServer(
                    context: context, address: known, inbox: inbox, pulse: pulse, logger: logger)
            } catch {
                guard case .addressInUse = error else { throw error }
                // Another program's, or the coordinator's that is still at this run: the run's lock tells.
            }
        }
        return try ControlServer(
            context: context, address: address ?? anywhere, inbox: inbox, pulse: pulse,
            logger: logger)
    }

    /// First weights that were taken from elsewhere are durable before a step builds on them.
    private func saveStart() throws {
        guard let (step, state) = opening.startState, step == Step(0) else { return }
        _ = try directory.checkpoints.save(
            CheckpointContents(step, state, identity: identity, profile: profile.value()),
            keep: configuration.train.keepCheckpoints)
    }

    /// The knob of all time-outs of the run in a directory; nil where there is none.
    public static func workerTimeout(ofRunAt directory: String) throws -> Duration? {
        try RunOpening.configuration(at: directory)?.transport.workerTimeout
    }

    /// Asks the run to end after the step under way, from any thread.
    public var stop: @Sendable (_ reason: String) -> Void {
        { [inbox] in inbox.send(.event(.stopRequested(reason: $0))) }
    }

    /// Trains until the run ends. Call it on a thread that may block.
    public func run() throws -> Outcome {
        for note in opening.notes { reporter.say(note) }
        if let before = earlierAddress, before != control.endpoint {
            reporter.say(
                "the coordinator was at \(before) before: workers that look for it there do not find it"
            )
        }
        if opening.start >= schedule.lastStep { return try end(at: opening.start) }
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
            logger: logger, onFailure: broken)
        try directory.journal.append(
            opening.journal.line(
                .opened(
                    term: term, run: opening.run, state: opening.start,
                    dataset: opening.summary.digest)))
        reporter.say("run \(options.directory): coordinator at \(control.endpoint)")
        if options.workers > options.localWorkers {
            reporter.say(
                "waiting for \(options.workers - options.localWorkers) more to join: "
                    + "worker join \(control.endpoint) --threads N")
        }

        // Whatever happens, no worker of ours is left behind.
        defer { local?.finish() }
        let isSameAddress = earlierAddress.map { $0 == control.endpoint } ?? true
        if let found = try local?.start(options.localWorkers, adopting: isSameAddress), found > 0 {
            reporter.say("\(found) workers of the coordinator before are still there")
        }
        var machine = CoordinatorMachine(try machineOptions(term: term, data: data.endpoint))
        let outcome = try control.run(&machine, effects: effects)
        reporter.close()
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
            isOwn: { [local] in local?.isChild($0) ?? false })
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
