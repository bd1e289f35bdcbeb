import Testing
import TrainingProtocol
import Wire

@Suite("Control messages")
struct ControlMessageTests {
    private func stamped<Body>(_ body: Body) -> Stamped<Body> {
        Stamped(
            run: RunID(0xFEED_0000_0000_0001), term: Term(2), generation: Generation(3),
            step: Step(4), body: body)
    }

    private var fromWorker: [WorkerMessage] {
        let digest = Digest(high: .max, low: 1)
        let hello = Hello(
            protocolVersion: 1, profile: [ProfileEntry(name: "kernels", value: "avx2")],
            host: "node", process: 77, threads: 2,
            launchToken: "x", attempt: 3, worker: WorkerID(7))
        let outcome = SlotOutcome(slot: Slot(3), samples: 2, lossSum: 0.1 + 0.2, correct: 1)
        let times = PhaseTimes(
            waitingForClips: .nanoseconds(1), computing: .seconds(3), reducing: .milliseconds(4),
            updating: .zero)
        let block = BlockOutcome(block: 1, samples: 8, lossSum: 2.5, top1: 3, top5: 8)
        return [
            .hello(hello),
            .ready(
                Readiness(
                    model: Digest(high: 0, low: 0), gradientAddress: "tcp://10.0.0.1:5",
                    stateAddress: "tcp://10.0.0.1:6")),
            .ready(
                Readiness(
                    model: digest, gradientAddress: "a", stateAddress: "b",
                    holding: Holding(
                        step: Step(7), finished: SlotSet([1, 2, 9]), reduced: digest))),
            .attested(digest), .witnessed(Slot(4), digest), .drain(WorkerID(2)),
            .stop(reason: "late"), .inquire,
            .reduced(StepReport(digest: digest, slots: [outcome], times: times)),
            .evaluated([block]), .heartbeat(Progress(activity: .greeting)),
            .heartbeat(
                Progress(
                    activity: .reducing, holds: Step(0), finished: SlotSet(2..<5),
                    awaiting: Awaiting(ranks: [Rank(1), Rank(2)], chunk: 3, chunks: 9, bytes: 77))),
            .stalled(reason: "peer", accused: Rank(3)), .stalled(reason: "state", accused: nil),
            .failed(reason: "disk"), .leaving(reason: "interrupted"),
        ]
    }

    private var fromCoordinator: [CoordinatorMessage] {
        let dataset = DatasetSummary(
            digest: Digest(high: 5, low: 6), classNames: ["a", "ü"],
            splits: [SplitSummary(name: "train", samples: 9, frames: 8, height: 32, width: 48)])
        let introduction = Introduction(
            configuration: "seed: 1\n", dataAddress: "tcp://h:1", dataset: dataset,
            deadlines: Deadlines(worker: .milliseconds(700)))
        let member = Member(
            worker: WorkerID(1), slots: SlotSet(ranges: [2..<5, 7..<8]),
            gradientAddress: "tcp://a:1", stateAddress: "tcp://a:2", holdsState: true)
        return [
            .welcome(WorkerID(8), introduction), .refusal(reason: "late"),
            .unknown(reason: "lost"),
            .begin(
                Deal(
                    members: [member, member], rank: Rank(1), next: .step,
                    contested: SlotSet([2]), committed: Digest(high: 9, low: 8), reason: "joins")),
            .begin(Deal(members: [], rank: Rank(0), next: .evaluate(blocks: [0, 4]))),
            .commit(digest: Digest(high: 1, low: 2), next: .evaluate(blocks: [])),
            .proceed(next: .halt), .save, .finish(.completed, reason: ""),
            .finish(.stopped, reason: "interrupted"), .finish(.released, reason: "drained"),
            .answer(accepted: false, text: "there is no worker 7"), .alive,
        ]
    }

    @Test("every message comes back as it was sent")
    func roundTrip() throws {
        for body in fromWorker {
            let message = stamped(body)
            #expect(try Stamped<WorkerMessage>(serialized: message.serialized()) == message)
        }
        for body in fromCoordinator {
            let message = stamped(body)
            #expect(try Stamped<CoordinatorMessage>(serialized: message.serialized()) == message)
        }
    }

    @Test("truncated and altered frames are refused or read, and never crash")
    func hostile() throws {
        var generator = FixedGenerator()
        for frame in try fromWorker.map({ try stamped($0).serialized() })
            + fromCoordinator.map({ try stamped($0).serialized() })
        {
            for length in 0..<frame.count { read(Array(frame.prefix(length))) }
            for _ in 0..<300 {
                var altered = frame
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    altered[Int.random(in: 0..<altered.count, using: &generator)] =
                        .random(in: 0...255, using: &generator)
                }
                read(altered)
            }
        }
        #expect(throws: WireError.self) { try Stamped<WorkerMessage>(serialized: []) }
    }

    /// What is refused says why.
    private func read(_ bytes: [UInt8]) {
        do throws(WireError) {
            _ = try Stamped<WorkerMessage>(serialized: bytes)
        } catch { #expect(!error.description.isEmpty) }
        do throws(WireError) {
            _ = try Stamped<CoordinatorMessage>(serialized: bytes)
        } catch { #expect(!error.description.isEmpty) }
    }
}

/// The same numbers in every run, so that a failure can be seen again.
private struct FixedGenerator: RandomNumberGenerator {
    private var state: UInt64 = 42

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
