/// Which release the programs are of. Workers and coordinators of one protocol version work together; equal bits need
/// the same release on all machines.
public enum Release {
    public static let version = "1.0.0"

    /// What `--version` prints.
    public static var description: String { "lockstep \(version), protocol \(protocolVersion)" }
}
