import CHDF5
import Foundation
import Synchronization

/// An open HDF5 file.
///
/// Objects are named by paths, as `/train/frames`; a dot inside a name is an ordinary character.
/// Reading may go on from several threads at once: HDF5 serves them one after another and blocks
/// the others.
public final class HDF5File: Sendable {
    /// The path the file has, or will have once `finish()` has run.
    public let path: String
    let handle: Handle
    /// Where a new file grows until it is finished; nil for a file opened to be read.
    let temporaryPath: String?
    /// The file's bytes, past the library; nil for a new file, and for one whose addresses do not
    /// count plainly from the file's start.
    let bytes: FileBytes?
    private let isFinished = Atomic<Bool>(false)
    private let replaces: Bool

    /// Opens a file to read it.
    ///
    /// - Throws: `HDF5Error` where there is no such file, or it is not HDF5, cut short or damaged.
    public init(reading path: String) throws(HDF5Error) {
        self.path = path
        temporaryPath = nil
        replaces = false
        let place = Place(path: path)
        try HDF5File.checkReadable(place)
        do {
            handle = try Handle(.file, "open the file", at: place) {
                H5Fopen(path, CHDF5_read_only(), 0)
            }
        } catch {
            guard error.libraryMessage.contains("truncated") else { throw error }
            throw HDF5Error(.truncated, at: place, libraryMessage: error.libraryMessage)
        }
        HDF5File.keepFromChildren(handle)
        bytes = try HDF5File.hasPlainAddresses(handle, at: place) ? FileBytes(place) : nil
    }

    /// Starts a new file. It grows under a temporary name beside `path`, and `finish()` gives it
    /// its name, so that no reader ever meets half a file. A file never finished is removed.
    ///
    /// The file's structures carry checksums (HDF5 1.10's format), so damage is noticed.
    ///
    /// - Parameter replacing: whether a file at `path` may be replaced.
    public init(creating path: String, replacing: Bool = false) throws(HDF5Error) {
        self.path = path
        replaces = replacing
        let place = Place(path: path)
        if !replacing && access(path, F_OK) == 0 { throw HDF5Error(.fileExists, at: place) }
        let temporary = path + ".\(getpid()).partial"
        temporaryPath = temporary
        bytes = nil
        let access = try Handle(.properties, "prepare the file", at: place) {
            H5Pcreate(CHDF5_file_access())
        }
        let id = access.id
        try HDF5Library.attempt("prepare the file", at: place) {
            H5Pset_libver_bounds(id, H5F_LIBVER_V110, CHDF5_latest())
        }
        try HDF5Library.attempt("prepare the file", at: place) {
            H5Pset_fclose_degree(id, H5F_CLOSE_STRONG)
        }
        let creation = try HDF5File.untimedProperties(CHDF5_file_create, at: place)
        let creationID = creation.id
        handle = try Handle(.file, "create the file", at: place) {
            H5Fcreate(temporary, CHDF5_truncate(), creationID, id)
        }
        HDF5File.keepFromChildren(handle)
    }

    deinit {
        guard let temporaryPath, !isFinished.load(ordering: .acquiring) else { return }
        unlink(temporaryPath)
    }

    /// Writes what is left, makes it durable and gives the file its name. Its datasets are closed
    /// by this.
    public func finish() throws(HDF5Error) {
        guard let temporaryPath else { return }
        let place = Place(path: path)
        try handle.close("write the file", at: place)
        try HDF5File.synchronize(temporaryPath, at: place)
        if !replaces && access(path, F_OK) == 0 { throw HDF5Error(.fileExists, at: place) }
        guard rename(temporaryPath, path) == 0 else {
            throw HDF5Error.system("give the finished file its name", at: place)
        }
        isFinished.store(true, ordering: .releasing)
    }
}

extension HDF5File {
    /// A process that is started meanwhile would hold the file and its lock for as long as it runs.
    private static func keepFromChildren(_ file: Handle) {
        var descriptor: UnsafeMutableRawPointer?
        let (status, _) = HDF5Library.call { H5Fget_vfd_handle(file.id, 0, &descriptor) }
        guard status >= 0, let descriptor else { return }
        _ = fcntl(descriptor.load(as: Int32.self), F_SETFD, FD_CLOEXEC)
    }

    private static func checkReadable(_ place: Place) throws(HDF5Error) {
        var status = stat()
        guard stat(place.path, &status) == 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw HDF5Error(.noSuchFile, at: place)
            case EACCES: throw HDF5Error(.noPermission, at: place)
            default: throw HDF5Error.system("look at the file", at: place)
            }
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw HDF5Error(.notAFile, at: place) }
        guard access(place.path, R_OK) == 0 else { throw HDF5Error(.noPermission, at: place) }
        let (signature, message) = HDF5Library.call { H5Fis_hdf5(place.path) }
        guard signature > 0 else {
            throw HDF5Error(.notHDF5, at: place, libraryMessage: message)
        }
    }

    /// Whether addresses have 8 bytes and count from the file's first.
    private static func hasPlainAddresses(
        _ file: Handle, at place: Place
    ) throws(HDF5Error) -> Bool {
        let id = file.id
        let properties = try Handle(.properties, "read the layout", at: place) {
            H5Fget_create_plist(id)
        }
        let propertiesID = properties.id
        var (addressBytes, lengthBytes) = (0, 0)
        var userBlock: hsize_t = 0
        try HDF5Library.attempt("read the layout", at: place) {
            H5Pget_sizes(propertiesID, &addressBytes, &lengthBytes)
        }
        try HDF5Library.attempt("read the layout", at: place) {
            H5Pget_userblock(propertiesID, &userBlock)
        }
        return addressBytes == 8 && lengthBytes == 8 && userBlock == 0
    }

    private static func synchronize(_ path: String, at place: Place) throws(HDF5Error) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HDF5Error.system("open the written file", at: place) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw HDF5Error.system("make the file durable", at: place)
        }
    }
}

extension HDF5Error {
    /// A failure of the operating system, in its own words.
    static func system(_ operation: String, at place: Place) -> HDF5Error {
        let words = String(cString: strerror(errno))
        return HDF5Error(.refused(operation: "\(operation): \(words)"), at: place)
    }
}
