import Configuration
import Interchange
import Training

/// The state that a run starts from where `train.from` names its first weights: drawn from the seed, then what is
/// taken from there. The optimiser remembers nothing yet.
struct StartState {
    private let place: String
    /// Computed before anything is on the disk; nil for a run that is there already, whose checkpoints hold it.
    private let made: (state: TrainingState, notes: [String])?

    /// Nil where the run starts from its seed alone. Fills in `train.from_sha256`.
    ///
    /// - Parameters:
    ///   - run: As it was asked for.
    ///   - stored: As it is on the disk, where it was started before.
    /// - Throws: Errors with a message for people.
    init?(_ run: inout RunConfiguration, stored: RunConfiguration?) throws {
        guard let place = run.train.from else {
            guard run.train.fromSHA256 == nil else {
                throw CoordinatingError.usage(
                    problem: "train.from_sha256 stands for a file, and train.from names none; set "
                        + "train.from, or leave out train.from_sha256")
            }
            return nil
        }
        self.place = place
        if let known = stored?.train, known.from == place, let digest = known.fromSHA256 {
            run.train.fromSHA256 = run.train.fromSHA256 ?? digest
            made = nil
            return
        }
        let weights = try FirstWeights(at: place)
        if stored != nil {
            run.train.fromSHA256 = weights.sha256
            made = nil
            return
        }
        let layout = try TrainingState.Layout(run)
        made = try Self.make(weights, layout, of: run)
        run.train.fromSHA256 = weights.sha256
    }

    func state(
        _ layout: TrainingState.Layout, of run: RunConfiguration
    ) throws -> (state: TrainingState, notes: [String]) {
        try made ?? Self.make(FirstWeights(at: place), layout, of: run)
    }

    private static func make(
        _ weights: FirstWeights, _ layout: TrainingState.Layout, of run: RunConfiguration
    ) throws -> (state: TrainingState, notes: [String]) {
        let (parameters, report) = try weights.parameters(of: run)
        return (TrainingState(layout: layout, first: parameters), report.lines)
    }
}
