import CKernels

/// Sums of long vectors, on the calling thread.
public enum VectorSums {
    /// target += source.
    public static func add(
        into target: UnsafeMutablePointer<Float>, from source: UnsafePointer<Float>, count: Int
    ) {
        lk_add_to(count, source, target)
    }

    /// target = left + right; target may be either.
    public static func add(
        _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
        into target: UnsafeMutablePointer<Float>, count: Int
    ) {
        lk_add(count, left, right, target)
    }

    /// target *= factor.
    public static func scale(
        _ target: UnsafeMutablePointer<Float>, by factor: Float, count: Int
    ) {
        lk_scale(count, factor, target, target)
    }

    /// Two vectors mixed into each other: of each its own part stays, and the rest is the other's.
    public static func mix(
        _ left: UnsafeMutablePointer<Float>, own leftPart: Float,
        _ right: UnsafeMutablePointer<Float>, own rightPart: Float, count: Int
    ) {
        lk_mix_pair(count, leftPart, rightPart, left, right)
    }

    /// The inner product, summed in double.
    public static func dot(
        _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, count: Int
    ) -> Double {
        var result = 0.0
        lk_dot(count, left, right, &result)
        return result
    }
}
