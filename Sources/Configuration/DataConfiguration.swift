/// The `data` section: which clips, and what is done to them before a network sees them.
public struct DataConfiguration: Sendable, Hashable {
    /// Where a crop or a window lies in a stored clip that is larger than the input. Evaluation
    /// always takes the center.
    public enum Placement: String, Sendable, Hashable, CaseIterable {
        case random, center
    }

    /// The HDF5 file, relative to the coordinator's working directory.
    public var path: String
    public var trainSplit: String
    public var validationSplit: String
    /// Whether half of the training clips are mirrored.
    public var flip: Bool
    /// Where the spatial crop of a training clip lies.
    public var crop: Placement
    /// Where the temporal window of a training clip lies.
    public var window: Placement
    /// Every so-many-th stored frame is seen, in training and in evaluation.
    public var stride: Int
    /// Standard deviation, in pixels of the input, of a Gaussian that training clips are blurred
    /// with; 0 leaves them sharp.
    public var blur: Double
    public var augment: AugmentationConfiguration

    public init(
        path: String, trainSplit: String = "train", validationSplit: String = "val",
        flip: Bool = true, crop: Placement = .random, window: Placement = .random,
        stride: Int = 1, blur: Double = 0,
        augment: AugmentationConfiguration = AugmentationConfiguration()
    ) {
        self.path = path
        self.trainSplit = trainSplit
        self.validationSplit = validationSplit
        self.flip = flip
        self.crop = crop
        self.window = window
        self.stride = stride
        self.blur = blur
        self.augment = augment
    }
}
