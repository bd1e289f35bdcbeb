import Tensors
import Testing

/// All tests that call kernels directly. They run one after another, as each selects the variant of
/// the whole process that it is about.
@Suite("kernels", .serialized)
struct KernelTests {
    /// Channel counts around every vector width and folding limit.
    static let channels = [1, 3, 5, 7, 8, 16, 17, 33, 64, 130]
}

/// Reproducible values in -1 ..< 1.
func noise(_ count: Int, _ stream: UInt64) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer {
        CounterRandom(seed: 7, stream: stream).fillUniform($0, offset: -1, scale: 2)
    }
    return values
}

/// Expects every value within `tolerance` of the greatest reference magnitude.
func expectClose(
    _ values: [Float], _ reference: [Double], tolerance: Double = 2e-6, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    expectClose(
        values.map(Double.init), reference, tolerance: tolerance, what,
        sourceLocation: sourceLocation)
}

func expectClose(
    _ values: [Double], _ reference: [Double], tolerance: Double = 2e-6, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard values.count == reference.count else {
        Issue.record("\(values.count) values, not \(reference.count)")
        return
    }
    let scale = reference.reduce(1e-3) { max($0, abs($1)) }
    var worst = (index: -1, error: 0.0)
    for i in values.indices {
        let error = abs(values[i] - reference[i])
        if !(error <= worst.error) { worst = (i, error) }
    }
    guard !(worst.error <= tolerance * scale) else { return }
    Issue.record(
        """
        \(what) value \(worst.index) is \(values[worst.index]), not \
        \(reference[worst.index]): off by \(worst.error / scale)
        """, sourceLocation: sourceLocation)
}
