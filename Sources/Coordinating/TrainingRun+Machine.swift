import Configuration
import Tensors
import Training
import TrainingProtocol

extension TrainingRun {
    /// What the run's protocol is told at the start of a term.
    ///
    /// - Parameter data: The address of the data connection.
    func machineOptions(
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
}
