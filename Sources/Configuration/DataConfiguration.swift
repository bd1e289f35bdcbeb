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

    public init(
        path: String, trainSplit: String = "train", validationSplit: String = "val",
        flip: Bool = true, crop: Placement = .random, window: Placement = .random
    ) {
        self.path = path
        self.trainSplit = trainSplit
        self.validationSplit = validationSplit
        self.flip = flip
        self.crop = crop
        self.window = window
    }
}
