package yarnrpc

import (
	"io/fs"
	"strings"
)

// exception is what a Java class means.
type exception struct {
	class Class
	is    error // sentinel that errors.Is matches; may be nil
	also  error // a second one; may be nil
	// untouched: the server threw it before it did anything.
	untouched bool
}

// exceptions is the one table from Java classes to our classes. Classes of org.apache.hadoop.yarn.exceptions are listed
// by their simple name, nested ones with a $.
var exceptions = map[string]exception{
	// org.apache.hadoop.ipc
	"org.apache.hadoop.ipc.StandbyException":                               {ClassTransient, ErrStandby, nil, true},
	"org.apache.hadoop.ipc.ObserverRetryOnActiveException":                 {ClassTransient, ErrStandby, nil, true},
	"org.apache.hadoop.ipc.RetriableException":                             {ClassTransient, ErrBusy, nil, true},
	"org.apache.hadoop.ipc.CallQueueOverflowException":                     {ClassTransient, ErrBusy, nil, true},
	"org.apache.hadoop.ipc.RpcNoSuchMethodException":                       {ClassFatal, ErrUnsupported, nil, false},
	"org.apache.hadoop.ipc.RpcNoSuchProtocolException":                     {ClassFatal, ErrUnsupported, nil, false},
	"org.apache.hadoop.ipc.RPC$VersionMismatch":                            {ClassFatal, ErrUnsupported, nil, false},
	"org.apache.hadoop.ipc.UnexpectedServerException":                      {ClassPermanent, nil, nil, false},
	"java.lang.NullPointerException":                                       {ClassBug, nil, nil, false},
	"java.lang.IllegalArgumentException":                                   {ClassFatal, ErrBadRequest, nil, false},
	"java.net.ConnectException":                                            {ClassTransient, nil, nil, false},
	"java.net.SocketTimeoutException":                                      {ClassTransient, nil, nil, false},
	"com.google.protobuf.InvalidProtocolBufferException":                   {ClassBug, nil, nil, false},
	"org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException": {ClassBug, nil, nil, false},

	// security
	"org.apache.hadoop.security.AccessControlException":           {ClassFatal, ErrDenied, fs.ErrPermission, false},
	"org.apache.hadoop.security.authorize.AuthorizationException": {ClassFatal, ErrDenied, fs.ErrPermission, false},
	"org.apache.hadoop.fs.permission.AccessControlException":      {ClassFatal, ErrDenied, fs.ErrPermission, false},
	"org.apache.hadoop.security.token.SecretManager$InvalidToken": {ClassPermanent, ErrInvalidToken, ErrDenied, false},
	"javax.security.sasl.SaslException":                           {ClassPermanent, ErrDenied, nil, false},
	"javax.security.sasl.AuthenticationException":                 {ClassPermanent, ErrDenied, nil, false},

	// YARN, ResourceManager
	yarn + "ApplicationMasterNotRegisteredException":  {ClassTransient, ErrResync, nil, false},
	yarn + "ApplicationAttemptNotFoundException":      {ClassPermanent, ErrAttemptOver, nil, false},
	yarn + "InvalidApplicationMasterRequestException": {ClassPermanent, ErrOutOfStep, nil, false},
	yarn + "ApplicationNotFoundException":             {ClassPermanent, ErrUnknownApplication, nil, false},
	yarn + "ContainerNotFoundException":               {ClassPermanent, nil, nil, false},
	yarn + "InvalidResourceRequestException":          {ClassFatal, ErrBadRequest, nil, false},
	yarn + "InvalidLabelResourceRequestException":     {ClassFatal, ErrBadRequest, nil, false},
	yarn + "InvalidResourceBlacklistRequestException": {ClassFatal, ErrBadRequest, nil, false},
	yarn + "InvalidContainerReleaseException":         {ClassPermanent, ErrBadRequest, nil, false},
	yarn + "ResourceNotFoundException":                {ClassFatal, ErrBadRequest, nil, false},

	// YARN, NodeManager
	yarn + "NMNotYetReadyException":     {ClassTransient, ErrBusy, nil, true},
	yarn + "InvalidContainerException":  {ClassPermanent, ErrContainerRefused, nil, false},
	yarn + "YarnException":              {ClassPermanent, nil, nil, false}, // see refine
	yarn + "InvalidAuxServiceException": {ClassFatal, ErrBadRequest, nil, false},
	yarn + "ConfigurationException":     {ClassFatal, ErrBadRequest, nil, false},

	// NameNode
	"java.io.FileNotFoundException":                                       {ClassPermanent, fs.ErrNotExist, nil, false},
	"org.apache.hadoop.fs.FileAlreadyExistsException":                     {ClassPermanent, fs.ErrExist, nil, false},
	"org.apache.hadoop.fs.ParentNotDirectoryException":                    {ClassPermanent, nil, nil, false},
	"org.apache.hadoop.fs.PathIsNotDirectoryException":                    {ClassPermanent, nil, nil, false},
	"org.apache.hadoop.fs.PathIsNotEmptyDirectoryException":               {ClassPermanent, fs.ErrExist, nil, false},
	"org.apache.hadoop.fs.InvalidPathException":                           {ClassFatal, ErrBadRequest, nil, false},
	"org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException":        {ClassTransient, ErrLease, nil, true},
	"org.apache.hadoop.hdfs.protocol.RecoveryInProgressException":         {ClassTransient, ErrLease, nil, true},
	"org.apache.hadoop.hdfs.server.namenode.LeaseExpiredException":        {ClassPermanent, ErrLease, nil, false},
	"org.apache.hadoop.hdfs.server.namenode.SafeModeException":            {ClassTransient, ErrBusy, nil, true},
	"org.apache.hadoop.hdfs.server.namenode.NotReplicatedYetException":    {ClassTransient, ErrBusy, nil, true},
	"org.apache.hadoop.hdfs.protocol.NSQuotaExceededException":            {ClassFatal, ErrQuota, nil, false},
	"org.apache.hadoop.hdfs.protocol.DSQuotaExceededException":            {ClassFatal, ErrQuota, nil, false},
	"org.apache.hadoop.hdfs.protocol.QuotaByStorageTypeExceededException": {ClassFatal, ErrQuota, nil, false},
}

const yarn = "org.apache.hadoop.yarn.exceptions."

// lookup finds a class in the table; others are permanent. Servers spell nested classes with a $ in headers and with a
// dot in serialized exceptions.
func lookup(class, message string) exception {
	if x, ok := exceptions[class]; ok {
		return refine(x, class, message)
	}
	if i := strings.LastIndexByte(class, '.'); i > 0 {
		if x, ok := exceptions[class[:i]+"$"+class[i+1:]]; ok {
			return x
		}
	}
	return exception{class: ClassPermanent}
}

// refine tells apart what Java gave one class. An attempt that the scheduler port does not know when it registers gets the
// exception for masters out of step (ApplicationMasterService); a NodeManager refuses an expired container token by the
// most general exception (ContainerManagerImpl.authorizeStartRequest).
func refine(x exception, class, message string) exception {
	switch {
	case class == yarn+"InvalidApplicationMasterRequestException" && strings.Contains(message, "doesn't exist"):
		x.is = ErrAttemptOver
	case class == yarn+"YarnException" && strings.Contains(message, "Unauthorized request to start container"):
		x.is = ErrContainerRefused
	}
	return x
}
