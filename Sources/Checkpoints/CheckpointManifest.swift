import Crypto
import FoundationEssentials

/// What a checkpoint is, and what its files are; written last, so that a checkpoint with a manifest
/// is a complete one.
public struct CheckpointManifest: Sendable, Hashable, Codable {
    public struct File: Sendable, Hashable, Codable {
        public var name: String
        public var bytes: Int
        public var sha256: String
    }

    /// The layout that this version writes, and the only one it reads.
    public static let version = 1

    public var version: Int
    /// Steps that the weights have taken.
    public var step: Int
    /// Epochs that are complete at this step.
    public var epoch: Int
    /// `RunConfiguration.digest` of the run.
    public var configDigest: String
    public var datasetDigest: String
    /// The numerics profile of the run, as its coordinator describes it.
    public var numerics: [String: String]
    /// `weightsSHA256` of the model's tensors.
    public var weightsSHA256: String
    /// In the order of their names.
    public var files: [File]

    private enum CodingKeys: String, CodingKey {
        case version, step, epoch, numerics, files
        case configDigest = "config_digest"
        case datasetDigest = "dataset_digest"
        case weightsSHA256 = "weights_sha256"
    }
}

extension CheckpointManifest {
    /// A manifest of a few files has a few kilobytes.
    private static let largestText = 1 << 20

    /// The manifest as a line of JSON with its keys in order, and a second line with the first one's
    /// SHA-256, so that no flipped bit of it goes unseen.
    func text() throws(SavedStateError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let json = try encoder.encode(self)
            let hash = hexadecimal(SHA256.hash(data: json))
            return
                "{\"manifest\":\(String(decoding: json, as: UTF8.self)),\n\"sha256\":\"\(hash)\"}\n"
        } catch {
            throw SavedStateError(.malformed, "manifest", "cannot be written: \(error)")
        }
    }

    /// - Throws: `SavedStateError` if the file is not a manifest, or not as it was written.
    init(contentsOf path: String, storage: Storage) throws(SavedStateError) {
        let bytes = try storage.read(path, limit: Self.largestText)
        let opening = Array("{\"manifest\":".utf8)
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), bytes.starts(with: opening),
            end > opening.count, bytes[end - 1] == UInt8(ascii: ",")
        else {
            throw SavedStateError(.malformed, path, "is not a manifest")
        }
        let json = bytes[opening.count..<end - 1]
        let hash = hexadecimal(SHA256.hash(data: json))
        guard bytes[(end + 1)...].elementsEqual("\"sha256\":\"\(hash)\"}\n".utf8) else {
            throw SavedStateError(.corrupt, path, "is not as it was written, its SHA-256 differs")
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json))
        } catch {
            throw SavedStateError(.malformed, path, "is not a manifest: \(summary(of: error))")
        }
        guard version == Self.version else {
            throw SavedStateError(
                .otherVersion, path, "is of version \(version), this program reads \(Self.version)",
                remedy: "resume with the version that wrote it")
        }
    }
}
