/// Everything a run depends on besides its dataset: one value, read from one YAML file.
///
/// A configuration is resolved: every default is present. It writes itself back as canonical YAML
/// (`canonicalYAML`), which loads again to an equal value. Which keys decide the trained bits, and
/// which only decide how the run goes, is part of the canonical form; see `digest` and
/// `differences(from:)`.
public struct RunConfiguration: Sendable, Hashable {
    /// What the run is called in logs and directory names: letters, digits, dot, dash, underscore.
    public var name: String
    /// Key of every random draw: initial weights, the order of samples, augmentation.
    public var seed: UInt64
    public var model: ModelConfiguration
    public var data: DataConfiguration
    public var train: TrainingConfiguration
    public var transport: TransportConfiguration

    public init(
        name: String = "run",
        seed: UInt64 = 1,
        model: ModelConfiguration,
        data: DataConfiguration,
        train: TrainingConfiguration = TrainingConfiguration(),
        transport: TransportConfiguration = TransportConfiguration()
    ) {
        self.name = name
        self.seed = seed
        self.model = model
        self.data = data
        self.train = train
        self.transport = transport
    }
}
