public import Tensors
public import TrainingProtocol

extension NumericsProfile {
    /// The profile in the protocol's terms.
    public var entries: [ProfileEntry] {
        [
            ProfileEntry(name: "architecture", value: architecture),
            ProfileEntry(name: "kernels", value: String(kernelsVersion)),
            ProfileEntry(name: "instruction set (LOCKSTEP_KERNELS)", value: kernelVariant.rawValue),
            ProfileEntry(name: "OpenBLAS", value: blasConfiguration),
            ProfileEntry(name: "OpenBLAS core (OPENBLAS_CORETYPE)", value: blasCore),
        ]
    }
}
