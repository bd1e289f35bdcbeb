import TrainingProtocol

/// A run to be simulated, and how it is disturbed: all drawn from the seed.
struct SimulationPlan: Sendable {
    let seed: UInt64
    let schedule: StepSchedule
    let workers: Int
    let saveEvery: Int?
    let evaluateEvery: Int?
    let evaluationBlocks: Int
    let deadlines = Deadlines(worker: .seconds(2))
    /// Faults come until then; after it the run must come to its end by `limit`.
    let faultsUntil: Duration
    let limit: Duration
    /// The mean pause between faults.
    let faultPause: Int
    /// One message in so many is lost, or comes twice; 0: none.
    let loss: Int
    let duplication: Int
    /// One append in so many kills the coordinator in the middle; 0: none.
    let tornAppends: Int
    /// How long a message is under way at most, in milliseconds.
    let delay: Int
    /// What is wrong with one worker for good once the other faults have ended; the run must come to its end without it.
    let lasting: Lasting?

    enum Lasting: Sendable {
        /// Its hands never finish what they do; its signs of life come.
        case hangs
        /// No other worker reaches it, and it reaches them.
        case isUnreachable
        /// It reaches no other worker, and they reach it.
        case reachesNobody
        /// The states that it is asked for never come.
        case sendsNoState
    }

    /// - Parameter workers: Instead of a number that is drawn.
    init(seed: UInt64, workers fixed: Int? = nil) {
        var random = SimulationRandom(seed: seed)
        self.seed = seed
        let batch = random.int(4...16)
        let slots = random.int(1...12)
        schedule = StepSchedule(
            seed: seed, samples: random.int(10...90), batch: batch, slots: slots,
            epochs: random.int(1...4), stepLimit: random.int(6...30))
        let drawn = random.int(1...5)
        workers = fixed ?? drawn
        saveEvery = random.once(in: 4) ? nil : random.int(1...6)
        evaluateEvery = random.once(in: 3) ? nil : random.int(1...2)
        evaluationBlocks = random.once(in: 4) ? 0 : random.int(1...7)
        // A seed in eight is quiet: it shows what the machines do undisturbed.
        let isQuiet = random.once(in: 8)
        faultsUntil = isQuiet ? .zero : .seconds(random.int(5...60))
        limit = faultsUntil + .seconds(400)
        faultPause = random.int(200...3000)
        loss = isQuiet || random.once(in: 2) ? 0 : random.int(10...200)
        duplication = isQuiet || random.once(in: 2) ? 0 : random.int(10...200)
        tornAppends = isQuiet || random.once(in: 2) ? 0 : random.int(10...100)
        delay = random.once(in: 3) ? 200 : random.int(1...20)
        switch random.int(1...6) {
        case 1 where workers > 1: lasting = .hangs
        case 2 where workers > 1: lasting = .isUnreachable
        case 3 where workers > 1: lasting = .sendsNoState
        case 4 where workers > 1: lasting = .reachesNobody
        default: lasting = nil
        }
    }
}
