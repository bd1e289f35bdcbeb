import CHDF5
import Synchronization

/// Owns one HDF5 identifier and closes it exactly once.
final class Handle: Sendable {
    enum Kind: Sendable { case file, group, dataset, dataspace, datatype, attribute, properties }

    private static let closed: hid_t = -1

    private let identifier: Atomic<hid_t>
    private let kind: Kind

    var id: hid_t { identifier.load(ordering: .acquiring) }

    /// Takes ownership of what `body` opens.
    init(
        _ kind: Kind, _ operation: String, at place: Place, _ body: () -> hid_t
    ) throws(HDF5Error) {
        self.kind = kind
        identifier = Atomic(try HDF5Library.attempt(operation, at: place, body))
    }

    deinit {
        let id = identifier.load(ordering: .acquiring)
        if id != Handle.closed { _ = HDF5Library.call { Handle.release(id, kind) } }
    }

    /// Closes now, so that what closing has to say (a full disk, say) can be heard.
    func close(_ operation: String, at place: Place) throws(HDF5Error) {
        let id = identifier.exchange(Handle.closed, ordering: .acquiringAndReleasing)
        guard id != Handle.closed else { return }
        try HDF5Library.attempt(operation, at: place) { Handle.release(id, kind) }
    }

    private static func release(_ id: hid_t, _ kind: Kind) -> herr_t {
        switch kind {
        case .file: H5Fclose(id)
        case .group: H5Gclose(id)
        case .dataset: H5Dclose(id)
        case .dataspace: H5Sclose(id)
        case .datatype: H5Tclose(id)
        case .attribute: H5Aclose(id)
        case .properties: H5Pclose(id)
        }
    }
}
