import Checkpoints
import Training
import TrainingProtocol
import ZeroMQ

/// Writes uploaded states to disk on a thread of its own, and tells the control thread when they are durable.
final class CheckpointSaver: Sendable {
    private enum Order: Sendable {
        case save(Step, TrainingState)
        case stop
    }

    /// What a manifest says of a run besides the step.
    struct Identity: Sendable {
        let configDigest: String
        let datasetDigest: String
        let schedule: StepSchedule
        let keep: Int
    }

    private let orders: Mailbox<Order>
    private let control: Mailbox<ControlServer.Input>
    private let thread: DedicatedThread<Void>

    /// - Parameters:
    ///   - profile: The numerics profile that the run is pinned to by then.
    ///   - newest: Gets each state that is saved.
    ///   - onFailure: Called on its thread with the reason where it ends before it is told to.
    init(
        directory: RunDirectory, identity: Identity,
        profile: @escaping @Sendable () -> [ProfileEntry],
        newest: NewestState,
        control: Mailbox<ControlServer.Input>,
        onFailure: @escaping @Sendable (String) -> Void
    ) throws(ZeroMQError) {
        let orders = try Mailbox<Order>()
        self.orders = orders
        self.control = control
        thread = try DedicatedThread(name: "saver") {
            while let order = orders.receive(timeout: nil) {
                guard case .save(let step, let state) = order else { return }
                do {
                    try Self.save(step, state, in: directory, identity, profile())
                    newest.set(step, state)
                    control.send(.event(.stateSaved(step)))
                } catch {
                    control.send(.event(.stateSaveFailed(step, reason: "\(error)")))
                }
            }
            onFailure("the thread that saves states was woken without an order")
        }
    }

    private static func save(
        _ step: Step, _ state: TrainingState, in directory: RunDirectory, _ identity: Identity,
        _ profile: [ProfileEntry]
    ) throws {
        guard step <= identity.schedule.lastStep else {
            throw CoordinatingError.upload(
                problem: "step \(step) is behind the last, \(identity.schedule.lastStep)")
        }
        let contents = CheckpointContents(step, state, identity: identity, profile: profile)
        _ = try directory.checkpoints.save(contents, keep: identity.keep)
        if step == identity.schedule.lastStep {
            _ = try directory.checkpoints.saveFinal(contents)
        }
    }

    func save(_ step: Step, _ state: TrainingState) {
        control.send(.event(.stateArrived(step)))
        orders.send(.save(step, state))
    }

    /// Finishes what is ordered, and ends.
    func stop() throws {
        orders.send(.stop)
        try thread.join()
    }
}

extension CheckpointContents {
    /// - Parameter step: At most the run's last, and so within an `Int`.
    init(
        _ step: Step, _ state: TrainingState, identity: CheckpointSaver.Identity,
        profile: [ProfileEntry]
    ) {
        let completeEpochs = Int(step.rawValue) / identity.schedule.stepsPerEpoch
        self.init(
            step: Int(step.rawValue), epoch: completeEpochs, configDigest: identity.configDigest,
            datasetDigest: identity.datasetDigest,
            numerics: Dictionary(profile.map { ($0.name, $0.value) }) { first, _ in first },
            model: state.modelTensors, optimizer: state.optimizerTensors)
    }
}
