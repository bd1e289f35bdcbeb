/// The `model` section: which network is trained, and on what input.
///
/// The keys are those of the PyTorch reference of both families, so one dictionary builds the same
/// network there and here.
public struct ModelConfiguration: Sendable, Hashable {
    /// The two families, by the value of `model.kind`.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case slowFastLSTM = "slowfast-lstm"
        case slowFast = "slowfast"
    }

    public enum Architecture: Sendable, Hashable {
        /// n two-branch models, trained jointly.
        case slowFastLSTM(SlowFastLSTMConfiguration)
        /// The network of Feichtenhofer et al., 2019.
        case slowFast(SlowFastConfiguration)
    }

    /// Width of the head: how many classes a clip is told from.
    public var classes: Int
    public var input: InputConfiguration
    public var architecture: Architecture

    public var kind: Kind {
        switch architecture {
        case .slowFastLSTM: .slowFastLSTM
        case .slowFast: .slowFast
        }
    }

    public init(classes: Int, input: InputConfiguration, architecture: Architecture) {
        self.classes = classes
        self.input = input
        self.architecture = architecture
    }
}

/// What a network sees of a clip: (batch, frames, size, size, 3).
public struct InputConfiguration: Sendable, Hashable {
    /// Frames of the window that the fast branch sees.
    public var frames: Int
    /// Height and width of the crop, in pixels.
    public var size: Int

    public init(frames: Int, size: Int) {
        self.frames = frames
        self.size = size
    }
}
