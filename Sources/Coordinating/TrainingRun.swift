import Checkpoints
import ClipDatasets
public import Configuration
import Foundation
public import Logging
public import Telemetry
import Tensors
import Training
public import TrainingProtocol
import ZeroMQ

/// A run from the coordinator's side: its directory, its sockets, its local workers, from start to end.
public final class TrainingRun {
    let options: Options
    let directory: RunDirectory
    let configuration: RunConfiguration
    private let dataset: ClipDataset
    let opening: RunOpening
    /// Nil for a run that is new, or goes on as it is.
    let resumption: RunResumption?
    let schedule: StepSchedule
    private let logger: Logger
    private let inbox: Mailbox<ControlServer.Input>
    let reporter: RunReporter
    /// How the run is, for whoever shows it; it changes while the run is under way.
    public let board: StatusBoard
    /// The numerics profile that the run is pinned to; control and saver threads share it.
    let profile: SharedProfile

    private let context: Context
    let security: CoordinatorSecurity?
    let control: ControlServer
    let deadlines: Deadlines
    /// Where the run's coordinator was in its last term.
    let earlierAddress: String?
    private let local: LocalWorkers?

    /// Checks dataset and configuration, listens, and then makes or opens the run directory. The thread that calls
    /// this also calls `run`.
    ///
    /// - Throws: Errors with a message for people; nothing on the disk has changed then.
    public init(_ options: Options, logger: Logger) throws {
        self.options = options
        self.logger = logger
        let stored = try RunOpening.configuration(at: options.directory)
        guard var wanted = options.configuration ?? stored else {
            throw CoordinatingError.usage(
                problem:
                    "there is no run at \(options.directory); name the directory of one, or begin "
                    + "it with --config FILE --data FILE")
        }
        let start = try StartState(&wanted, stored: stored)
        if let stored { try RunDirectory.check(wanted, ofRunAt: options.directory, with: stored) }
        let data = try RunDataset(wanted) { [wanted] clips in
            guard stored != nil else { return }
            try RunOpening.check(options.directory, dataset: clips.digest, path: wanted.data.path)
        }
        let (summary, sampling) = (data.summary, data.sampling)
        dataset = data.clips
        let layout = try TrainingState.Layout(wanted)
        schedule = StepSchedule(wanted, samples: sampling.training.samples)
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
            for: options.address ?? earlierAddress ?? ControlServer.anywhere)
        context = try Context(
            ioThreads: keys == nil ? 1 : CoordinatorSecurity.ioThreads,
            maximumSockets: OpenFiles.raiseLimit())
        security = try keys.map { [context] keys in
            try CoordinatorSecurity(keys, context: context) {
                inbox.send(.refused(host: $0, reason: $1))
            }
        }
        control = try ControlServer.listening(
            at: options.address, before: earlierAddress, context, inbox, pulse: deadlines.pulse,
            logger, security)
        directory =
            stored != nil
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
        announceOpening()
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
            context: context, address: control.dataAddress, dataset: dataset,
            states: StateStore(
                run: opening.run, term: term, layout: opening.layout, newest: newest,
                lastStep: schedule.lastStep, completed: saver.save),
            logger: logger, security: security, onFailure: broken)
        try directory.journal.append(
            opening.journal.line(
                .opened(
                    term: term, run: opening.run, state: opening.start,
                    dataset: opening.summary.digest)))
        announce()

        // Whatever happens, no worker of ours is left behind.
        defer { local?.finish() }
        if let found = try local?.start(options.localWorkers, adopting: isWhereItWas), found > 0 {
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

    var identity: CheckpointSaver.Identity {
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
}
