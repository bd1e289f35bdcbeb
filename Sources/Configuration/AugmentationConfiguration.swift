/// The `data.augment` section: how training clips are varied. Every draw is a function of (seed,
/// epoch, sample), so that a clip looks the same wherever it is computed.
public struct AugmentationConfiguration: Sendable, Hashable {
    /// Scale jitter: the frame's short side is resized to a length drawn from these pixels before
    /// the crop; nil leaves frames as they are stored.
    public var scale: ClosedRange<Double>?
    /// Random resized crop: a part of the frame's area drawn from this range is resized to the
    /// input (Szegedy et al., 2015); nil crops at the stored size.
    public var area: ClosedRange<Double>?
    /// Width over height of a random resized crop.
    public var aspect: ClosedRange<Double>
    /// Colour jitter: factors of brightness, contrast and saturation are drawn from 1 - x to 1 + x.
    public var brightness: Double
    public var contrast: Double
    public var saturation: Double
    /// Temporal jitter: the stride between frames is drawn from (1 - x) to (1 + x) times
    /// `data.stride`.
    public var time: Double

    public init(
        scale: ClosedRange<Double>? = nil, area: ClosedRange<Double>? = nil,
        aspect: ClosedRange<Double> = 0.75...1.3333, brightness: Double = 0, contrast: Double = 0,
        saturation: Double = 0, time: Double = 0
    ) {
        self.scale = scale
        self.area = area
        self.aspect = aspect
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.time = time
    }
}
