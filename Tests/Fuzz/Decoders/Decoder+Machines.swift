import TrainingProtocol
import Wire

// The state machines of both sides, and everything that a peer may tell them in any order.

extension Decoder {
    private enum CoordinatorMove: Int {
        case message = 0
        case messageOfNow, tick, disconnected, stateArrived, stateSaved, stop, launchFailed
    }

    static func coordinatorMachine(_ input: [UInt8]) -> String? {
        var reader = InputReader(input)
        var machine = CoordinatorMachine(MachineSample.options)
        var now = Duration.zero
        var present = MachineSample.present
        while !reader.isAtEnd, !machine.hasEnded {
            let choice = reader.byte()
            let connection = ConnectionID(UInt64(choice >> 3 & 3))
            let event: CoordinatorEvent
            switch CoordinatorMove(rawValue: choice & 7) {
            case .message, .messageOfNow:
                do throws(WireError) {
                    var message = try Stamped<WorkerMessage>(serialized: reader.bytes())
                    if choice & 1 == 1 { message.take(over: present) }
                    event = .received(message, from: connection)
                } catch {
                    continue
                }
            case .tick:
                now += .milliseconds(reader.byte() * 10)
                event = .tick
            case .disconnected: event = .disconnected(connection, reason: "closed")
            case .stateArrived: event = .stateArrived(Step(UInt64(reader.byte())))
            case .stateSaved: event = .stateSaved(Step(UInt64(reader.byte())))
            case .stop: event = .stopRequested(reason: "asked")
            case .launchFailed, nil: event = .launchFailed(reason: "ended")
            }
            for directive in machine.on(event, now: now) {
                guard case .send(let message, _) = directive else { continue }
                present = Present(message)
                if let problem = Self.unsendable(message) { return problem }
            }
        }
        return nil
    }

    static func workerMachine(_ input: [UInt8]) -> String? {
        var reader = InputReader(input)
        var machine = WorkerMachine(hello: MachineSample.hello)
        var now = Duration.zero
        var present = MachineSample.present
        var jobs = WorkerJobs()
        jobs.note(machine.start(now: now))
        while !reader.isAtEnd, !machine.hasEnded {
            let choice = reader.byte()
            let event: WorkerEvent
            switch choice & 7 {
            case 0, 1, 2:
                do throws(WireError) {
                    var message = try Stamped<CoordinatorMessage>(serialized: reader.bytes())
                    if choice & 7 > 0 { message.take(over: present) }
                    if choice & 7 == 1 { message.generation = message.generation.later }
                    present = Present(message)
                    event = .received(message)
                } catch {
                    continue
                }
            case 3:
                now += .milliseconds(reader.byte() * 10)
                event = .tick
            case 4: event = .leaveRequested(reason: "asked")
            default:
                guard let job = jobs.next() else { continue }
                event = job
            }
            let directives = machine.on(event, now: now)
            jobs.note(directives)
            for case .send(let message) in directives {
                do throws(WireError) { _ = try message.serialized() } catch {
                    return "a worker's message cannot be sent: \(error)"
                }
            }
        }
        return nil
    }

    private static func unsendable(_ message: Stamped<CoordinatorMessage>) -> String? {
        do throws(WireError) {
            _ = try message.serialized()
            return nil
        } catch {
            return "a coordinator's message cannot be sent: \(error)"
        }
    }
}

/// Where the run is: messages of now come past the checks of age.
struct Present {
    var run: RunID
    var term: Term
    var generation: Generation
    var step: Step

    init<Body>(_ message: Stamped<Body>) {
        run = message.run
        term = message.term
        generation = message.generation
        step = message.step
    }
}

extension Stamped {
    /// Of the step itself where the message's own is even, of the next where it is odd.
    fileprivate mutating func take(over present: Present) {
        let isNext = step.rawValue & 1 == 1
        run = present.run
        term = present.term
        generation = present.generation
        step = Step(present.step.rawValue &+ (isNext ? 1 : 0))
    }
}

extension Generation {
    fileprivate var later: Generation { Generation(rawValue &+ 1) }
}

/// A worker's hands: what the machine asked of them, done in order.
private struct WorkerJobs {
    private var jobs: [WorkerEvent] = []

    mutating func next() -> WorkerEvent? { jobs.isEmpty ? nil : jobs.removeFirst() }

    mutating func note(_ directives: [WorkerDirective]) {
        let digest = Digest(high: 1, low: 2)
        for directive in directives {
            switch directive {
            case .prepare:
                jobs.append(
                    .prepared(Readiness(model: digest, gradientAddress: "g", stateAddress: "s")))
            case .load(let step, let generation, _): jobs.append(.loaded(step, generation))
            case .attest(let step, let generation):
                jobs.append(.attested(step, generation, digest))
            case .compute(let step, let generation, let slots, _):
                for slot in slots.slots.prefix(4) {
                    let outcome = SlotOutcome(slot: Slot(slot), samples: 1, lossSum: 1, correct: 1)
                    jobs.append(.slotDone(step, outcome))
                }
                jobs.append(.computed(step, generation))
            case .reduce(let step, let generation):
                jobs.append(.reduced(step, generation, digest, PhaseTimes()))
            case .update(let step): jobs.append(.updated(step))
            case .evaluate(let step, let generation, _):
                jobs.append(.evaluated(step, generation, []))
            case .send, .interrupt, .adopt, .upload, .note, .end: break
            }
        }
    }
}

enum MachineSample {
    static let run = RunID(9)

    static let hello = Hello(
        protocolVersion: protocolVersion, profile: [ProfileEntry(name: "kernels", value: "avx2")],
        host: "node", process: 77, threads: 2, launchToken: "", attempt: 1)

    static let introduction = Introduction(
        configuration: "", dataAddress: "tcp://127.0.0.1:3",
        dataset: DatasetSummary(digest: Digest(high: 5, low: 6), classNames: [], splits: []))

    /// 22 samples in batches of 8 over 4 slots, so that the third step is short.
    static let options = CoordinatorMachine.Options(
        run: run, term: Term(1),
        schedule: StepSchedule(seed: 3, samples: 22, batch: 8, slots: 4, epochs: 2),
        introduction: introduction, start: Step(0), workers: 1, saveEvery: 2, evaluateEvery: 1,
        evaluationBlocks: 3)

    static let present = Present(
        Stamped(
            run: run, term: Term(1), generation: Generation(1), step: Step(0),
            body: WorkerMessage.attested(Digest(high: 0, low: 0))))
}
