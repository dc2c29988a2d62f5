# Copyright: (c) 2026, imagewright.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error codes of the storage service that tell all by themselves, with their cause and what to do.

PRIVATE: module_utils of this collection are not an interface.
"""

#: Error codes that say that somebody else has, or took, the lease of the blob.
LEASE_CODES = frozenset(
    (
        "LeaseAlreadyPresent",
        "LeaseIdMismatchWithBlobOperation",
        "LeaseIdMismatchWithLeaseOperation",
        "LeaseIdMissing",
        "LeaseLost",
        "LeaseNotPresentWithBlobOperation",
        "LeaseNotPresentWithLeaseOperation",
        "LeaseIsBrokenAndCannotBeRenewed",
        "LeaseIsBreakingAndCannotBeAcquired",
    )
)

_NO_HIERARCHY = (
    "the storage account has a hierarchical namespace (Data Lake Storage), and takes no page blobs; use a general-purpose v2 account without "
    "one, or upload straight to a managed disk"
)

#: Cause and fix by error code. Source: "Blob service error codes" and "Common REST API error codes" in Azure Storage's REST reference.
CAUSES = {
    "AuthorizationProtocolMismatch": "the signature allows https only; use https:// in the address",
    "AuthorizationSourceIPMismatch": "the signature does not allow it from this machine's address; ask for one with another --ip",
    "AuthorizationServiceMismatch": "the signature is not for the blob service; create one with --services b",
    "AuthorizationResourceTypeMismatch": "the signature is not for blobs; create one with --resource-types co",
    "KeyBasedAuthenticationNotPermitted": "the account takes no account keys; use a user delegation signature or Azure AD",
    "PublicAccessNotPermitted": "no credentials were sent; give a signature, account_key, or sign in to Azure AD",
    "NoAuthenticationInformation": "no credentials were sent; give a signature, account_key, or sign in to Azure AD",
    "InvalidAuthenticationInfo": "the credentials are malformed; copy them again",
    "ContainerNotFound": "there is no such container; create it with `az storage container create`, or correct its name",
    "ContainerBeingDeleted": "its container is just being deleted; try again in a minute",
    "AccountIsDisabled": "the storage account is disabled",
    "ResourceNotFound": "there is no such account or container; correct the address",
    "BlobNotFound": "there is no such blob, or somebody deleted it meanwhile; run the task again",
    "InvalidBlobType": "the blob is not a page blob; delete it, or choose another name",
    "PendingCopyOperation": "something is being copied to it; wait until that has ended, or `az storage blob copy cancel`, and run the task again",
    "SnapshotsPresent": "the blob has snapshots, which Azure keeps together with it; delete them with `az storage blob delete --delete-snapshots only`, "
    "or choose another name",
    "BlobUsesCustomerSpecifiedEncryption": "the blob there is encrypted with a key of its owner's own, which is not known here; delete the blob, or "
    "choose another name",
    "BlobCustomerSpecifiedEncryptionMismatch": "the blob there is encrypted with another key of its owner's own; delete the blob, or choose another name",
    "OperationNotAllowedOnIncrementalCopyBlob": "the blob there is an incremental copy of snapshots, which only Azure writes to; choose another name",
    "ResourceTypeMismatch": "there is a directory of this name; choose another name",
    "ContainerDisabled": "an administrator has disabled the container; upload to another one",
    "BlobTierInadequateForContentLength": "the blob's performance tier is for smaller disks; delete the blob, or choose another name",
    "BlobBeingRehydrated": "the blob is being brought back from the archive; choose another name",
    "BlobImmutableDueToLegalHold": "a legal hold protects the blob; upload to another container",
    "KeyVaultEncryptionKeyNotFound": "the key that encrypts the account is gone from its key vault; bring it back, or upload to another account",
    "BlobArchived": "the blob is archived; choose another name",
    "BlobImmutableDueToPolicy": "an immutability policy protects the container; upload to another one",
    "FeatureNotSupportedByStorageAccountType": "this kind of storage account takes no page blobs; use a general-purpose v2 account without a "
    "hierarchical namespace, or a premium page blob account",
    "BlobApiNotYetSupportedForHierarchicalNamespaceAccounts": _NO_HIERARCHY,
    "FeatureNotYetSupportedForHierarchicalNamespaceAccounts": _NO_HIERARCHY,
    "BlobOperationNotSupported": _NO_HIERARCHY,
    "EndpointUnsupportedAccountFeatures": _NO_HIERARCHY,
    "UnsupportedHeader": "this kind of storage account takes no page blobs; use a general-purpose v2 account",
    "OutOfRangeInput": "a name in the address is too long or has characters that Azure does not take",
    "InvalidResourceName": "a name in the address has characters that Azure does not take; containers are 3 to 63 of a-z, 0-9 and -",
    "InvalidPageRange": "the blob is shorter than the VHD; somebody resized it meanwhile; run the task again with overwrite=true",
    "ServerBusy": "the service is too busy, also after all retries; run the task again later, it goes on from here",
    "OperationTimedOut": "the service did not answer in time, also after all retries; run the task again later, it goes on from here",
    "InternalError": "the service failed, also after all retries; run the task again later, it goes on from here",
    "Md5Mismatch": "what arrived is not what was sent, also after all retries; look for a broken proxy or network card on the way",
    "AccountBeingCreated": "the account is still being created; try again in a minute",
}
