/// What a worker needs to know of a run before it can take part.
public struct Introduction: Sendable, Equatable {
    /// The resolved configuration's text.
    public var configuration: String
    /// Where clips are served and states are exchanged.
    public var dataAddress: String
    public var dataset: DatasetSummary
    /// The run's time-outs.
    public var deadlines: Deadlines

    public init(
        configuration: String, dataAddress: String, dataset: DatasetSummary,
        deadlines: Deadlines = .standard
    ) {
        self.configuration = configuration
        self.dataAddress = dataAddress
        self.dataset = dataset
        self.deadlines = deadlines
    }

    /// Whether both are of one run that goes on as it was: addresses may change, what is trained and how far may not.
    public func describesSameRun(as other: Introduction) -> Bool {
        configuration == other.configuration && dataset == other.dataset
    }
}

/// A clip dataset without its clips.
public struct DatasetSummary: Sendable, Equatable {
    public var digest: Digest
    public var classNames: [String]
    public var splits: [SplitSummary]

    public init(digest: Digest, classNames: [String], splits: [SplitSummary]) {
        self.digest = digest
        self.classNames = classNames
        self.splits = splits
    }
}

/// A split's clips: (samples, frames, height, width, 3).
public struct SplitSummary: Sendable, Equatable {
    public var name: String
    public var samples: Int
    public var frames: Int
    public var height: Int
    public var width: Int

    public init(name: String, samples: Int, frames: Int, height: Int, width: Int) {
        self.name = name
        self.samples = samples
        self.frames = frames
        self.height = height
        self.width = width
    }
}

/// One property of a numerics profile: what fixes the bits of a kernel.
public struct ProfileEntry: Sendable, Equatable, Codable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
