import Foundation
import Glibc
import Logging
import Testing
import TrainingProtocol
import ZeroMQ

@testable import Coordinating

@Suite("The control connection and many workers")
struct ControlPlaneTests {
    /// What a coordinator's control thread did.
    private struct Work: Sendable {
        var outcome: Outcome
        var generations = 0
        /// Processor time and the world's at each commit.
        var commits: [(processor: Duration, wall: Duration)] = []
        /// Of the first generation.
        var began = Duration.zero
    }

    /// How many; a thousand show what a head node needs for them.
    private static var workers: Int {
        ProcessInfo.processInfo.environment["LOCKSTEP_SCALE_WORKERS"].flatMap(Int.init) ?? 60
    }

    @Test(
        "every worker of many is greeted, dealt slots and told of every commit over its own connection",
        .timeLimit(.minutes(5)))
    func many() throws {
        let workers = Self.workers
        let schedule = StepSchedule(
            seed: 1, samples: 40 * workers, batch: workers, slots: workers, epochs: 1)
        let address = try Mailbox<String>()
        let served = try DedicatedThread(name: "coordinator") {
            try Self.serve(workers, schedule, address)
        }
        var endpoint: String?
        while endpoint == nil { endpoint = address.drain().first }
        let context = try Context(maximumSockets: 2 * workers + 100)
        var herd = try Herd(workers, schedule: schedule, at: try #require(endpoint), context)
        let outcomes = try herd.run()
        let work = try served.join()
        #expect(work.outcome == .completed(schedule.lastStep))
        #expect(work.generations == 1)
        #expect(work.commits.count == Int(schedule.lastStep.rawValue))
        #expect(outcomes.count == workers)
        Self.tell(work, workers)
    }

    private static func serve(
        _ workers: Int, _ schedule: StepSchedule, _ address: Mailbox<String>
    ) throws -> Work {
        let start = ContinuousClock.now
        let inbox = try Mailbox<ControlServer.Input>()
        let server = try ControlServer(
            context: try Context(), address: "tcp://127.0.0.1:0", inbox: inbox,
            pulse: .milliseconds(500), logger: Logger(label: "test"))
        address.send(server.endpoint)
        var introduction = Introduction(
            configuration: "", dataAddress: "",
            dataset: DatasetSummary(digest: Digest(high: 0, low: 0), classNames: [], splits: []))
        introduction.deadlines = Deadlines(worker: .seconds(20))
        var machine = CoordinatorMachine(
            CoordinatorMachine.Options(
                run: RunID(9), term: Term(1), schedule: schedule, introduction: introduction,
                start: Step(0), workers: workers))
        var work = Work(outcome: .failed(reason: "it did not end"))
        work.outcome = try server.run(
            &machine,
            effects: ControlServer.Effects(
                append: { _ in },
                note: { note in
                    if case .began = note {
                        work.generations += 1
                        work.began = processorTime()
                    }
                    if case .committed = note {
                        work.commits.append((processorTime(), ContinuousClock.now - start))
                    }
                    if case .saving(let step, _) = note {
                        inbox.send(.event(.stateSaved(step)))
                    }
                }, isOwn: { _ in false }))
        return work
    }

    /// Of this thread.
    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static func tell(_ work: Work, _ workers: Int) {
        let steps = zip(work.commits, work.commits.dropFirst()).map {
            (processor: $1.processor - $0.processor, wall: $1.wall - $0.wall)
        }
        let median = { (values: [Duration]) in values.sorted()[values.count / 2] }
        print(
            "\(workers) workers: the control thread takes \(median(steps.map(\.processor))) of its "
                + "processor a step, \(median(steps.map(\.wall))) by the clock; "
                + "\(work.commits[0].processor - work.began) for the first generation and its step")
    }
}
