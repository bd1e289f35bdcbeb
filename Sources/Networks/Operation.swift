/// What a node of a graph computes from the values of its inputs.
public enum Operation: Sendable, Hashable {
    /// The normalised clip, (frames, size, size, 3).
    case input
    case convolution(Convolution)
    case batchNorm(BatchNorm)
    case relu
    /// The sum of two values of one shape.
    case add
    case maxPool(MaxPool)
    /// 2x2 averages with stride 2; an odd last row or column is left out.
    case averagePool2
    /// Averages over bins that cover the map: (height, width) of the result.
    case adaptiveAveragePool(height: Int, width: Int)
    /// The frames of these numbers, in this order.
    case gatherFrames([Int])
    /// Every frame this many times in a row.
    case repeatFrames(Int)
    /// All inputs' channels, one after another.
    case concatenate
    /// (time, height, width, channel) to (time, 1, 1, channel * height * width), channel slowest as
    /// in PyTorch's channels-first `flatten`.
    case flatten
    case convLSTM(ConvLSTM)
    case lstm(LSTM)
    case layerNorm(LayerNorm)
    /// The sinusoidal position of each frame added to its channels.
    /// Vaswani et al., Attention Is All You Need (2017).
    case positions
    case attention(Attention)
    case linear(Linear)
    /// Every `stride`-th pixel of height and width, then zero channels up to `channels`: the
    /// parameter-free shortcut A of He et al. (2015).
    case subsample(stride: Int, channels: Int)
    /// Means over all frames and a window of (height, width), at every place where it fits.
    case windowAverage(height: Int, width: Int)
    /// In training, zeros for a random part of the values.
    case dropout(rate: Double)
    /// The logarithm of the mean over places of the softmax over channels.
    case meanProbability
}

/// Where the weight of a convolution comes from, by names of tensors.
public enum WeightSource: Sendable, Hashable {
    /// A tensor of its own, or one tied with other uses.
    case tensor(String)
    /// The sum of a bank's templates, each times its coefficient: W = sum_j a_j T_j.
    /// Savarese and Maire, Learning Implicitly Recurrent CNNs Through Parameter Sharing (2019).
    case mixture(coefficients: String, templates: [String])

    /// The tensors in the weight's own shape, (out, in, [time,] height, width).
    public var tensors: [String] {
        switch self {
        case .tensor(let name): [name]
        case .mixture(_, let templates): templates
        }
    }
}

/// A convolution without bias, zero-padded.
public struct Convolution: Sendable, Hashable {
    public var weight: WeightSource
    public var channels: Int
    public var kernel: Extent
    public var stride: Extent
    public var padding: Extent
}

/// Batch normalisation over (batch, time, height, width), by names of its tensors.
public struct BatchNorm: Sendable, Hashable {
    public var scale: String
    public var shift: String
    public var runningMean: String
    public var runningVariance: String
    /// Added to the variance; PyTorch's default.
    public static let epsilon = 1e-5
}

public struct MaxPool: Sendable, Hashable {
    public var kernel: Int
    public var stride: Int
    public var padding: Int
}

/// One direction of a convolutional LSTM: gate order i, f, o, g in the weight's output channels.
/// Shi et al., Convolutional LSTM Network (2015), without peepholes.
public struct ConvLSTM: Sendable, Hashable {
    public var weight: String
    public var bias: String
    public var hidden: Int
    public var kernel: Int
    /// Runs from the last frame to the first.
    public var backward: Bool
    /// Frames after which the gradient through time is cut; nil lets it run through the whole clip.
    public var bptt: Int?
}

/// x times the transpose of the weight (out, in), plus the bias, for every frame.
public struct Linear: Sendable, Hashable {
    public var weight: String
    public var bias: String
    public var features: Int
}
