import Configuration
import Networks

/// Which convolutions of the slow branches f1..fn share a weight.
///
/// Same-level: the convolution at one place of every model mixes one bank of templates with
/// coefficients of its own. Cross-level: inside a stage, convolutions of one shape are one tensor,
/// across depth and across models; blocks that downsample, and the projections of shortcuts, keep
/// their own.
struct SlowBranchSharing {
    let configuration: SharingConfiguration
    /// The branch: `models.0.slow`.
    let branch: String

    /// A convolution's place in the branch.
    struct Place {
        /// `layer1.0.conv1`, the same in every model.
        let name: String
        /// The residual stage, from 1 on; nil for what belongs to none: stem and projections.
        var stage: Int?
        /// Output channels, input channels, side of the kernel.
        let shape: (outputs: Int, inputs: Int, kernel: Int)
        /// Whether its block halves the map.
        var downsamples = false
    }

    func source(of place: Place) -> WeightSource {
        let own = "\(branch).\(place.name)"
        switch configuration.kind {
        case .none: break
        case .sameLevel:
            let bank = "banks." + place.name.replacing(".", with: "_")
            return .mixture(
                coefficients: own + ".coefficients",
                templates: (0..<configuration.templates).map { "\(bank).templates.\($0)" })
        case .crossLevel:
            guard let stage = place.stage, !place.downsamples else { break }
            let (outputs, inputs, kernel) = place.shape
            return .tensor(
                "banks.stage\(stage)_\(outputs)x\(inputs)x\(kernel)x\(kernel).templates.0")
        }
        return .tensor(own + ".weight")
    }
}
