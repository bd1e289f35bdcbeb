extension CoordinatorMachine {
    /// What a coordinator is told about its run.
    public struct Options: Sendable {
        public var run: RunID
        public var term: Term
        public var schedule: StepSchedule
        /// What every worker is told when it joins.
        public var introduction: Introduction
        /// The step whose state is saved and can be handed out: 0, or a checkpoint's.
        public var start: Step
        /// The run begins as soon as this many workers are ready.
        public var workers: Int
        /// The numerics profile that the run is pinned to, where it has begun before.
        public var profile: [ProfileEntry]?
        /// The profile that a run which has not begun is to have; nil: that of the first worker that comes.
        public var expectedProfile: [ProfileEntry]?
        /// Digests of steps after `start` that were committed in an earlier term: they must come out the same.
        public var replayed: [Step: Digest]
        /// The last link of the journal's commit chain.
        public var chain: Digest
        /// The newest generation and the newest worker of earlier terms.
        public var generation: Generation
        public var lastWorker: WorkerID
        /// Save the state after every so many steps; nil: only at the end.
        public var saveEvery: Int?
        /// Evaluate after every so many epochs, and at the end; nil: at the end only.
        public var evaluateEvery: Int?
        /// Blocks that an evaluation is cut into; 0: there is nothing to evaluate.
        public var evaluationBlocks: Int

        public var deadlines: Deadlines { introduction.deadlines }

        public init(
            run: RunID, term: Term, schedule: StepSchedule, introduction: Introduction, start: Step,
            workers: Int, profile: [ProfileEntry]? = nil, replayed: [Step: Digest] = [:],
            chain: Digest = CommitChain.origin, generation: Generation = Generation(0),
            lastWorker: WorkerID = WorkerID(0), saveEvery: Int? = nil, evaluateEvery: Int? = nil,
            evaluationBlocks: Int = 0
        ) {
            self.run = run
            self.term = term
            self.schedule = schedule
            self.introduction = introduction
            self.start = start
            self.workers = workers
            self.profile = profile
            self.replayed = replayed
            self.chain = chain
            self.generation = generation
            self.lastWorker = lastWorker
            self.saveEvery = saveEvery
            self.evaluateEvery = evaluateEvery
            self.evaluationBlocks = evaluationBlocks
        }
    }
}
