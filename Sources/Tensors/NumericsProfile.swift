import CKernels

/// What fixes the bits of a computed gradient, beside the inputs: two machines with equal profiles
/// compute the same bits. A run pins its profile when it starts.
public struct NumericsProfile: Codable, Equatable, Hashable, Sendable {
    /// `LK_KERNELS_VERSION`: rises whenever a kernel's bits change.
    public var kernelsVersion: Int
    /// The instruction set of the kernels.
    public var kernelVariant: KernelVariant
    /// OpenBLAS's version and build options.
    public var blasConfiguration: String
    /// The core that OpenBLAS's kernels are for; `OPENBLAS_CORETYPE` overrides it.
    public var blasCore: String
    /// The processor architecture.
    public var architecture: String

    public init(
        kernelsVersion: Int, kernelVariant: KernelVariant, blasConfiguration: String,
        blasCore: String, architecture: String
    ) {
        self.kernelsVersion = kernelsVersion
        self.kernelVariant = kernelVariant
        self.blasConfiguration = blasConfiguration
        self.blasCore = blasCore
        self.architecture = architecture
    }

    /// This process's profile.
    ///
    /// - Throws: `KernelVariantError` if `LOCKSTEP_KERNELS` asks for what this processor cannot
    /// run.
    public static func current() throws(KernelVariantError) -> NumericsProfile {
        try KernelVariant.validateEnvironment()
        #if arch(x86_64)
            let architecture = "x86_64"
        #elseif arch(arm64)
            let architecture = "arm64"
        #else
            let architecture = "other"
        #endif
        return NumericsProfile(
            kernelsVersion: Int(LK_KERNELS_VERSION), kernelVariant: .current,
            blasConfiguration: BLAS.configuration, blasCore: BLAS.coreName,
            architecture: architecture)
    }
}
