import TrainingProtocol
import Wire

// One message of each kind, and a short run as each side hears of it.

extension Seeds {
    private static let digest = Digest(high: 1, low: 2)

    private static func report(_ step: UInt64) -> StepReport {
        let schedule = MachineSample.options.schedule
        return StepReport(
            digest: digest,
            slots: (0..<4).map {
                let samples = schedule.sampleCount(of: Slot($0), in: Step(step))
                return SlotOutcome(slot: Slot($0), samples: samples, lossSum: 1, correct: 1)
            }, times: PhaseTimes(computing: .milliseconds(3)))
    }

    static let workerMessages: [WorkerMessage] = [
        .hello(MachineSample.hello),
        .ready(
            Readiness(
                model: digest, gradientAddress: "tcp://10.0.0.1:5",
                stateAddress: "tcp://10.0.0.1:6",
                holding: Holding(step: Step(0), finished: SlotSet([1, 2, 3]), reduced: digest))),
        .attested(digest), .witnessed(Slot(2), digest), .drain(WorkerID(1)),
        .reduced(report(1)),
        .evaluated([BlockOutcome(block: 0, samples: 8, lossSum: 2.5, top1: 3, top5: 8)]),
        .heartbeat(
            Progress(
                activity: .reducing, holds: Step(0), finished: SlotSet(0..<3),
                awaiting: Awaiting(ranks: [Rank(0), Rank(1)], chunk: 3, chunks: 9, bytes: 77))),
        .heartbeat(Progress(activity: .computing)),
        .stalled(reason: "peer", accused: Rank(1)), .failed(reason: "disk"),
        .leaving(reason: "interrupted"), .stop(reason: "asked"), .inquire,
    ]

    static let coordinatorMessages: [CoordinatorMessage] = [
        .welcome(WorkerID(8), welcomed), .refusal(reason: "late"), .unknown(reason: "lost"),
        .begin(deal), .commit(digest: digest, next: .evaluate(blocks: [0, 1])),
        .proceed(next: .step), .save, .finish(.completed, reason: ""),
        .answer(accepted: false, text: "there is no worker 7"), .alive,
    ]

    private static let welcomed = Introduction(
        configuration: "seed: 1\n", dataAddress: "tcp://h:1",
        dataset: DatasetSummary(
            digest: digest, classNames: ["a", "ü"],
            splits: [SplitSummary(name: "train", samples: 9, frames: 8, height: 32, width: 48)]))

    private static let deal = Deal(
        members: [
            Member(
                worker: WorkerID(1), slots: SlotSet(0..<3), gradientAddress: "tcp://a:1",
                stateAddress: "tcp://a:2", holdsState: true),
            Member(
                worker: WorkerID(2), slots: SlotSet([3]), gradientAddress: "tcp://b:1",
                stateAddress: "tcp://b:2", holdsState: false),
        ], rank: Rank(0), next: .step, contested: SlotSet([2]), committed: digest, reason: "joins")

    static func enrolments() throws -> [[UInt8]] {
        [
            try EnrolmentRequest(key: Array(0..<32), host: "node").serialized(),
            try EnrolmentAnswer.enrolled(name: "a").serialized(),
            try EnrolmentAnswer.refused(reason: "it was used").serialized(),
        ]
    }

    // MARK: Runs

    /// Two steps of a run of one worker, a second one that joins, and one that is lost.
    static func coordinatorRun() throws -> [UInt8] {
        var writer = InputWriter()
        func hear(_ message: WorkerMessage, step: UInt64 = 0, from connection: Int = 0) throws {
            writer.byte(1 | connection << 3)
            writer.bytes(try stamped(message, step: step).serialized())
        }
        func tick() {
            writer.byte(2)
            writer.byte(30)
        }
        let readiness = Readiness(model: digest, gradientAddress: "g", stateAddress: "s")
        try hear(.hello(MachineSample.hello))
        try hear(.ready(readiness))
        try hear(.attested(digest))
        for step in UInt64(1)...2 {
            try hear(.heartbeat(Progress(activity: .computing, holds: Step(step - 1))))
            tick()
            try hear(.hello(MachineSample.hello), from: 1)
            try hear(.ready(readiness), from: 1)
            try hear(.reduced(report(step)), step: 1)
            try hear(.attested(digest))
            try hear(.attested(digest), from: 1)
        }
        try hear(.stalled(reason: "peer", accused: Rank(1)), step: 1)
        for _ in 0..<4 { tick() }
        writer.byte(3 | 1 << 3)
        try hear(.witnessed(Slot(2), digest), step: 1)
        writer.byte(5)
        writer.byte(2)
        try hear(.drain(WorkerID(1)))
        writer.byte(6)
        return writer.bytes
    }

    /// A worker that joins, loads a state, takes two steps, evaluates, and is dealt anew meanwhile.
    static func workerRun() throws -> [UInt8] {
        var writer = InputWriter()
        func hear(_ message: CoordinatorMessage, step: UInt64 = 0, kind: Int = 2) throws {
            writer.byte(kind)
            writer.bytes(try stamped(message, step: step).serialized())
        }
        func work(_ count: Int) { for _ in 0..<count { writer.byte(5) } }
        try hear(.welcome(WorkerID(1), welcomed))
        work(1)
        try hear(.begin(deal), kind: 1)
        work(8)
        try hear(.commit(digest: digest, next: .step), step: 1)
        work(4)
        try hear(.begin(deal), kind: 1)
        work(8)
        writer.byte(3)
        writer.byte(200)
        try hear(.commit(digest: digest, next: .evaluate(blocks: [0, 1])), step: 1)
        work(3)
        try hear(.proceed(next: .step))
        try hear(.save)
        work(3)
        writer.byte(4)
        try hear(.unknown(reason: "lost"))
        return writer.bytes
    }
}
