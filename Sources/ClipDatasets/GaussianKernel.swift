import Tensors

/// Weights of a Gaussian at whole pixels, cut off at three standard deviations and scaled to sum to 1.
struct GaussianKernel {
    let radius: Int
    /// From -radius to radius.
    let weights: [Float]

    init(deviation: Double) {
        let radius = Int((3 * deviation).rounded(.up))
        let heights = (-radius...radius).map { offset in
            let x = Double(offset) / deviation
            return ElementaryFunctions.exp(-x * x / 2)
        }
        let sum = heights.reduce(0, +)
        self.radius = radius
        weights = heights.map { Float($0 / sum) }
    }
}
