/// Recipes side by side: what each costs, and what came out over several seeds.
public struct Comparison: Sendable, Hashable, Codable {
    public struct Row: Sendable, Hashable, Codable {
        public let name: String
        /// The first line of comment of the last stage's configuration.
        public let description: String
        /// Trained numbers, shared ones counted once.
        public let parameters: Int
        /// Gradients and batch-norm statistics that a step reduces over workers.
        public let bytesPerStep: Int
        /// Of one clip, forward.
        public let multiplyAdds: Int
        public var outcomes: [RecipeOutcome] = []

        public init(
            name: String, description: String, parameters: Int, bytesPerStep: Int,
            multiplyAdds: Int
        ) {
            self.name = name
            self.description = description
            self.parameters = parameters
            self.bytesPerStep = bytesPerStep
            self.multiplyAdds = multiplyAdds
        }
    }

    public let split: String
    public let clips: Int
    public let classes: Int
    /// Where classes are pairs of an appearance and a motion.
    public let motions: Int?
    public let workers: Int
    public var rows: [Row]

    public init(
        split: String, clips: Int, classes: Int, motions: Int?, workers: Int, rows: [Row]
    ) {
        self.split = split
        self.clips = clips
        self.classes = classes
        self.motions = motions
        self.workers = workers
        self.rows = rows
    }
}

/// The mean of some numbers and how far they spread.
public struct Spread: Sendable, Hashable {
    public let mean: Double
    /// The sample's standard deviation; nil for a single number.
    public let deviation: Double?

    /// Nil where there are no numbers.
    public init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        self.mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        deviation =
            values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
    }
}

extension Comparison.Row {
    public var top1: Spread? { Spread(outcomes.map(\.top1)) }
    public var appearance: Spread? { Spread(outcomes.compactMap(\.appearance)) }
    public var motion: Spread? { Spread(outcomes.compactMap(\.motion)) }
    public var clipsPerSecond: Spread? { Spread(outcomes.map(\.clipsPerSecond)) }

    /// f1..fn by themselves, in order.
    public var members: [(name: String, top1: Spread)] {
        guard let first = outcomes.first else { return [] }
        return first.members.indices.compactMap { index in
            let values = outcomes.compactMap { outcome in
                outcome.members.indices.contains(index) ? outcome.members[index].top1 : nil
            }
            return Spread(values).map { (first.members[index].name, $0) }
        }
    }
}
