import CKernels

/// The instruction set that the kernels use, for the whole process.
public enum KernelVariant: String, Codable, Sendable, CaseIterable {
    case portable
    case avx2
    case avx512

    /// The variable of the environment that overrides the choice.
    public static let environmentVariable = "LOCKSTEP_KERNELS"

    /// The variant in use: what `LOCKSTEP_KERNELS` names, else the best that this processor has.
    public static var current: KernelVariant { KernelVariant(number: lk_variant_selected()) }

    /// The variants that this processor can run.
    public static var supported: [KernelVariant] {
        allCases.filter { lk_variant_supported($0.number) != 0 }
    }

    /// Checks that `LOCKSTEP_KERNELS` names a variant that this processor can run, or nothing.
    ///
    /// - Throws: `KernelVariantError` if not. Without this check the best variant would be used in
    /// silence.
    public static func validateEnvironment() throws(KernelVariantError) {
        if lk_variant_environment_valid() == 0 { throw KernelVariantError(supported: supported) }
    }

    /// Uses this variant from now on in the whole process; for tests and measurements.
    ///
    /// - Throws: `KernelVariantError` if this processor cannot run it.
    public func select() throws(KernelVariantError) {
        if lk_variant_select(number) == 0 {
            throw KernelVariantError(supported: KernelVariant.supported)
        }
    }

    private var number: Int32 {
        switch self {
        case .portable: Int32(LK_PORTABLE)
        case .avx2: Int32(LK_AVX2)
        case .avx512: Int32(LK_AVX512)
        }
    }

    private init(number: Int32) {
        self = KernelVariant.allCases.first { $0.number == number } ?? .portable
    }
}

/// A variant was asked for that does not exist, or that this processor cannot run.
public struct KernelVariantError: Error, CustomStringConvertible, Equatable {
    /// The variants that can be had here.
    public let supported: [KernelVariant]

    public var description: String {
        let names = supported.map(\.rawValue).joined(separator: ", ")
        return "this processor cannot run the kernel variant asked for; set "
            + "\(KernelVariant.environmentVariable) to one of: \(names), or unset it"
    }
}
