import Foundation

/// A folder whose folders are classes with videos in them.
struct VideoFolder: Hashable, Sendable {
    struct Class: Hashable, Sendable {
        let name: String
        /// Paths, in byte order.
        let videos: [String]
    }

    let path: String
    /// In byte order of their names.
    let classes: [Class]
    /// Folders without a video, which are left out.
    let empty: [String]

    /// What counts as a video, by the ending of its name.
    static let endings: Set<String> = [
        "3gp", "avi", "flv", "gif", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "ogv",
        "ts", "webm", "wmv",
    ]

    init(path: String) throws(VideoError) {
        guard let isFolder = Self.isFolder(path) else { throw .noSuchFolder(path) }
        guard isFolder else { throw .notAFolder(path) }
        self.path = path
        var classes: [Class] = []
        var empty: [String] = []
        for name in try Self.names(in: path) where Self.isFolder("\(path)/\(name)") == true {
            let videos = try Self.names(in: "\(path)/\(name)").filter {
                Self.endings.contains(($0 as NSString).pathExtension.lowercased())
            }
            if videos.isEmpty {
                empty.append(name)
            } else {
                classes.append(Class(name: name, videos: videos.map { "\(path)/\(name)/\($0)" }))
            }
        }
        guard !classes.isEmpty else { throw .noClasses(path) }
        self.classes = classes
        self.empty = empty
    }

    /// Names that do not start with a dot, in byte order: the order that a folder gives them in
    /// differs between file systems.
    private static func names(in folder: String) throws(VideoError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { !$0.hasPrefix(".") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            throw .unreadable(video: folder, problem: error.localizedDescription)
        }
    }

    /// nil where there is nothing at the path.
    private static func isFolder(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return exists ? isFolder.boolValue : nil
    }
}
