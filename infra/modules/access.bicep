metadata description = 'All that the main app may do; nothing else here grants anything.'

@description('Required. Id of the principal that the app runs as.')
param principalId string

@description('Required. Name of the storage account of leads.')
param storageName string

@description('Required. Name of the storage account of its host.')
param hostStorageName string

@description('Required. Name of the vault.')
param vaultName string

@description('Required. Name of Application Insights.')
param applicationInsightsName string

var roles = {
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6'
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb'
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

// Queues: the host puts a message back, when its function failed, by updating it. The roles of
// processors and senders do not allow that (MicrosoftDocs/azure-docs#120932); this is the least
// that does. Blobs: the host keeps its keys, and the leases of its timers, in storage of its own.
var grants = [
  { role: 'Storage Blob Data Owner', principal: principalId, scope: 'hostStorage' }
  { role: 'Storage Queue Data Contributor', principal: principalId, scope: 'storage' }
  { role: 'Storage Table Data Contributor', principal: principalId, scope: 'storage' }
  { role: 'Key Vault Secrets User', principal: principalId, scope: 'vault' }
  { role: 'Monitoring Metrics Publisher', principal: principalId, scope: 'applicationInsights' }
]

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: hostStorageName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// One loop a scope, for Bicep wants a resource there, not a value.

resource storageGrants 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in filter(grants, one => one.scope == 'storage'): {
    name: guid(storage.id, grant.principal, roles[grant.role])
    scope: storage
    properties: {
      principalId: grant.principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]

resource hostStorageGrants 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in filter(grants, one => one.scope == 'hostStorage'): {
    name: guid(hostStorage.id, grant.principal, roles[grant.role])
    scope: hostStorage
    properties: {
      principalId: grant.principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]

resource vaultGrants 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in filter(grants, one => one.scope == 'vault'): {
    name: guid(vault.id, grant.principal, roles[grant.role])
    scope: vault
    properties: {
      principalId: grant.principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]

resource applicationInsightsGrants 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in filter(grants, one => one.scope == 'applicationInsights'): {
    name: guid(applicationInsights.id, grant.principal, roles[grant.role])
    scope: applicationInsights
    properties: {
      principalId: grant.principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[grant.role])
    }
  }
]
